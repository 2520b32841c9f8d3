#include <doctest/doctest.h>

#include <algorithm>

#include "core/patch/agreement.hpp"
#include "core/patch/hull.hpp"
#include "patch_worlds.hpp"

using egide::Agreement;
using egide::agreement_of;
using egide::CellState;
using egide::FramedGrid;
using egide::GridShape;
using egide::Matrix;
using egide::Patches;
using egide::Point;
using egide::Variant;
using egide::test::Random;

namespace {

// Soft blobs without a period: bilinear noise, 24 knots wide.
struct Scene {
  std::vector<double> knots;
  explicit Scene(std::uint32_t seed) {
    Random random{seed};
    for (int i = 0; i < 25 * 25; ++i) knots.push_back(random.between(0.1, 0.9));
  }
  // At shares of width and height.
  double luma(double u, double v) const {
    const double x = std::clamp(u, 0.0, 0.9999) * 24, y = std::clamp(v, 0.0, 0.9999) * 24;
    const auto i = static_cast<std::size_t>(x), j = static_cast<std::size_t>(y);
    const double fx = x - static_cast<double>(i), fy = y - static_cast<double>(j);
    const double* k = &knots[j * 25 + i];
    return (k[0] * (1 - fx) + k[1] * fx) * (1 - fy) + (k[25] * (1 - fx) + k[26] * fx) * fy;
  }
};

template <typename Luma>
Patches drawn(std::uint32_t width, std::uint32_t height, const Luma& luma) {
  Patches patches;
  patches.width = patches.source_width = width, patches.height = patches.source_height = height;
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x) patches.luma.push_back(static_cast<float>(luma(x + 0.5, y + 0.5)));
  return patches;
}

struct Enrolled {
  Scene scene{5};
  GridShape shape = egide::grid_shape(640, 480);
  std::vector<std::uint8_t> grid = std::vector<std::uint8_t>(egide::grid_bytes(shape));

  Enrolled() {
    egide::write_grid(drawn(640, 480, [&](double x, double y) { return scene.luma(x / 640, y / 480); }), shape,
                      grid.data());
  }
  FramedGrid framed() const { return {shape, grid.data(), 640, 480}; }
  // What the query of 800 x 600 shows where `from_query` takes its pixels into the reference's frame.
  Patches seen(const Matrix& from_query) const {
    return drawn(800, 600, [&](double x, double y) {
      Point p;
      const bool inside = egide::project(from_query, {x, y}, p) && p.x >= 0 && p.x <= 640 && p.y >= 0 && p.y <= 480;
      return inside ? scene.luma(p.x / 640, p.y / 480) : 0.5;
    });
  }
};

std::size_t count(const Agreement& agreement, CellState state) {
  return static_cast<std::size_t>(std::ranges::count(agreement.cells, state));
}

const Matrix kWhole = {0.8, 0, 0, 0, 0.8, 0, 0, 0, 1};

}  // namespace

TEST_CASE("a whole copy agrees in every cell, turned, tilted or not") {
  const Enrolled enrolled;
  const Matrix turned = {0.5, -0.4, 200, 0.4, 0.5, -50, 0, 0, 1},
               tilted = {0.9, 0.05, 10, -0.05, 0.95, 5, 4e-4, 1e-4, 1};
  for (const Matrix& matrix : {kWhole, turned, tilted}) {
    const Agreement found = agreement_of(enrolled.framed(), enrolled.seen(matrix), Variant::normal, matrix);
    CHECK(found.share > 0.99);
    CHECK(count(found, CellState::different) == 0);
    CHECK(count(found, CellState::same) > 300);
  }
}

TEST_CASE("every variant of a copy agrees in its own variant alone") {
  const Enrolled enrolled;
  for (const Variant variant : {Variant::normal, Variant::mirrored, Variant::negative, Variant::mirrored_negative}) {
    const bool mirrored = variant == Variant::mirrored || variant == Variant::mirrored_negative;
    const bool negative = variant == Variant::negative || variant == Variant::mirrored_negative;
    const Patches copy = drawn(800, 600, [&](double x, double y) {
      const double luma = enrolled.scene.luma((mirrored ? 800 - x : x) / 800, y / 600);
      return negative ? 1 - luma : luma;
    });
    for (const Variant asked : {Variant::normal, Variant::mirrored, Variant::negative, Variant::mirrored_negative}) {
      CAPTURE(static_cast<int>(variant));
      CAPTURE(static_cast<int>(asked));
      const double share = agreement_of(enrolled.framed(), copy, asked, kWhole).share;
      if (asked == variant)
        CHECK(share > 0.99);
      else
        CHECK(share < 0.2);
    }
  }
}

TEST_CASE("a crop is compared where it is seen") {
  const Enrolled enrolled;
  const Matrix crop = {0.25, 0, 100, 0, 0.25, 150, 0, 0, 1};  // 200 x 150 pixels of the reference, from (100, 150) on
  const Agreement found = agreement_of(enrolled.framed(), enrolled.seen(crop), Variant::normal, crop);
  CHECK(found.share > 0.99);
  CHECK(found.visible > 0.06);
  CHECK(found.visible < 200.0 * 150 / (640 * 480));
  CHECK(found.cells[0] == CellState::not_visible);
  CHECK(found.cells[12 * 32 + 10] == CellState::same);  // around (210, 250)
}

TEST_CASE("other pictures do not agree, nor does what lies under a cover of one colour") {
  const Enrolled enrolled;
  for (std::uint32_t seed = 100; seed < 130; ++seed) {
    const Scene other(seed);
    const Patches patches = drawn(800, 600, [&](double x, double y) { return other.luma(x / 800, y / 600); });
    CHECK(agreement_of(enrolled.framed(), patches, Variant::normal, kWhole).share < 0.15);
  }
  const Patches flat = drawn(800, 600, [](double, double) { return 0.0; });
  CHECK(agreement_of(enrolled.framed(), flat, Variant::normal, kWhole).share == 0);

  Patches half = enrolled.seen(kWhole);
  std::fill_n(half.luma.begin(), 800 * 300, 0.0F);
  const Agreement found = agreement_of(enrolled.framed(), half, Variant::normal, kWhole);
  CHECK(found.share > 0.4);
  CHECK(found.share < 0.6);
  CHECK(found.cells[3 * 32 + 16] == CellState::different);
  CHECK(found.cells[20 * 32 + 16] == CellState::same);
}

TEST_CASE("flat pictures, single rows of cells, and queries without luma have nothing to compare") {
  const GridShape shape = egide::grid_shape(640, 480);
  const std::vector<std::uint8_t> flat(egide::grid_bytes(shape));
  const Enrolled enrolled;
  const Patches query = enrolled.seen(kWhole);
  CHECK(agreement_of({shape, flat.data(), 640, 480}, query, Variant::normal, kWhole).share == -1);

  Patches without = query;
  without.luma.clear();
  CHECK(agreement_of(enrolled.framed(), without, Variant::normal, kWhole).share == -1);
  CHECK(agreement_of(enrolled.framed(), query, Variant::normal, Matrix{}).share == -1);
  const Matrix far = {1, 0, 5000, 0, 1, 5000, 0, 0, 1};
  const Agreement nowhere = agreement_of(enrolled.framed(), query, Variant::normal, far);
  CHECK(nowhere.share == -1);
  CHECK(nowhere.visible == 0);

  const GridShape row = egide::grid_shape(640, 10);
  REQUIRE(row.rows == 1);
  const std::vector<std::uint8_t> ups(egide::grid_bytes(row), 0x11);
  CHECK(agreement_of({row, ups.data(), 640, 10}, query, Variant::normal, kWhole).share == -1);
}

TEST_CASE("the hull of points is their outline, and its area what it encloses") {
  std::vector<Point> points = {{0, 0}, {4, 0}, {4, 3}, {0, 3}, {1, 1}, {2, 0}, {4, 1}, {0, 0}, {3, 2}};
  const std::vector<Point> hull = egide::convex_hull(points);
  CHECK(hull.size() == 4);
  CHECK(egide::area_of(hull) == 12);
  CHECK(egide::area_of(egide::convex_hull({{0, 0}, {1, 1}, {2, 2}, {3, 3}})) == 0);
  CHECK(egide::area_of(egide::convex_hull({{1, 1}, {1, 1}, {1, 1}})) == 0);
  CHECK(egide::area_of(egide::convex_hull({})) == 0);
}
