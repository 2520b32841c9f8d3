#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <optional>
#include <vector>

#include "core/image/borders.hpp"
#include "pictures.hpp"

namespace {

using egide::PictureBox;

// A grey picture of a formula.
struct Grey {
  std::uint32_t width, height;
  std::vector<std::uint8_t> pixels;

  Grey(std::uint32_t w, std::uint32_t h, const std::function<int(int, int)>& value)
      : width(w), height(h), pixels(std::size_t{w} * h) {
    for (std::uint32_t y = 0; y < h; ++y)
      for (std::uint32_t x = 0; x < w; ++x)
        pixels[std::size_t{y} * w + x] = static_cast<std::uint8_t>(value(static_cast<int>(x), static_cast<int>(y)));
  }
};

// What each frame leaves, the outermost first.
std::vector<PictureBox> all_found(const Grey& picture, std::uint32_t channels) {
  std::vector<std::uint8_t> pixels;
  for (const std::uint8_t value : picture.pixels) pixels.insert(pixels.end(), channels, value);
  std::vector<std::uint8_t> luma(egide::BorderFinder::luma_bytes(picture.width, picture.height));
  egide::BorderFinder finder(picture.width, picture.height, channels, luma.data());
  while (finder.wants_row()) finder.row(pixels.data() + std::size_t{finder.wanted_row()} * picture.width * channels);
  std::array<PictureBox, egide::kFrames> inner{};
  const std::uint32_t count = finder.finish(inner);
  return {inner.begin(), inner.begin() + count};
}

// What the innermost leaves.
std::optional<PictureBox> found(const Grey& picture, std::uint32_t channels = 1) {
  const auto boxes = all_found(picture, channels);
  return boxes.empty() ? std::nullopt : std::optional(boxes.back());
}

void check_box(const std::optional<PictureBox>& box, const PictureBox& expected) {
  REQUIRE(box);
  CHECK(box->left == expected.left);
  CHECK(box->top == expected.top);
  CHECK(box->width == expected.width);
  CHECK(box->height == expected.height);
}

// Something with detail everywhere.
int scene(int x, int y) { return 40 + (x * 13 + y * 7 + x * y / 11) % 180; }

bool inside(const PictureBox& box, int x, int y) {
  return x >= static_cast<int>(box.left) && x < static_cast<int>(box.left + box.width) &&
         y >= static_cast<int>(box.top) && y < static_cast<int>(box.top + box.height);
}

}  // namespace

TEST_CASE("a border of one colour is found to the pixel in pictures of up to 768 pixels a side") {
  const PictureBox box{31, 17, 200, 150};
  for (const int colour : {0, 255, 128})
    for (std::uint32_t channels = 1; channels <= 4; ++channels)
      check_box(found(Grey(300, 200, [&](int x, int y) { return inside(box, x, y) ? scene(x, y) : colour; }), channels),
                box);
}

TEST_CASE("in larger pictures a border is found to 1/768 of a side") {
  const PictureBox box{211, 107, 1600, 1301};
  const auto inner = found(Grey(2000, 1500, [&](int x, int y) { return inside(box, x, y) ? scene(x, y) : 255; }));
  REQUIRE(inner);
  CHECK(std::abs(static_cast<int>(inner->left) - 211) <= 2);
  CHECK(std::abs(static_cast<int>(inner->top) - 107) <= 1);
  CHECK(std::abs(static_cast<int>(inner->width) - 1600) <= 3);
  CHECK(std::abs(static_cast<int>(inner->height) - 1301) <= 2);
}

TEST_CASE("bars on two sides, of two colours, and a bar on one side are taken off") {
  check_box(found(Grey(300, 200, [](int x, int y) { return y < 30     ? 0
                                                           : y >= 160 ? 255
                                                                      : scene(x, y); })),
            {0, 30, 300, 130});
  check_box(found(Grey(300, 200, [](int x, int y) { return x >= 230 ? 90 : scene(x, y); })), {0, 0, 230, 200});
}

TEST_CASE("of a picture with round corners everything is kept") {
  const auto round = [](int x, int y) {
    const int dx = std::max({60 - x, x - 239, 0}), dy = std::max({60 - y, y - 139, 0});
    return dx * dx + dy * dy <= 40 * 40 ? scene(x, y) : 250;
  };
  check_box(found(Grey(300, 200, round)), {20, 20, 260, 160});
}

TEST_CASE("noise within the tolerance and a few drawn samples do not hide a border") {
  const PictureBox box{40, 30, 220, 140};
  std::uint32_t seed = 7;
  check_box(found(Grey(300, 200,
                       [&](int x, int y) {
                         if (inside(box, x, y)) return scene(x, y);
                         return x < 6 ? 240 : 20 + static_cast<int>(egide::test::xorshift(seed) % 17);
                       })),
            box);
}

TEST_CASE(
    "borders in borders are taken off one by one, up to three, with an edge that was blurred by resizing between "
    "them") {
  const auto framed = [](int count) {
    return [count](int x, int y) {
      const int depth = std::min({x, y, 399 - x, 299 - y});
      if (depth >= 20 * count) return scene(x, y);
      if (depth % 20 == 0 && depth > 0) return 128;
      return depth / 20 % 2 == 0 ? 0 : 255;
    };
  };
  for (std::uint32_t count = 1; count <= 4; ++count) {
    const auto boxes = all_found(Grey(400, 300, framed(static_cast<int>(count))), 1);
    REQUIRE(boxes.size() == std::min(count, egide::kFrames));
    for (std::uint32_t i = 1; i <= boxes.size(); ++i)
      check_box(boxes[i - 1], {20 * i, 20 * i, 400 - 40 * i, 300 - 40 * i});
  }
}

TEST_CASE("a picture on a blurred copy of itself is found by its edges") {
  const auto soft = [](int x, int y) { return 50 + (x + y) / 4; };
  for (const PictureBox box : {PictureBox{0, 100, 300, 200}, PictureBox{30, 100, 240, 200}}) {
    const auto inner =
        found(Grey(300, 400, [&](int x, int y) { return inside(box, x, y) ? scene(x, y) : soft(x, y); }));
    REQUIRE(inner);
    CHECK(std::abs(static_cast<int>(inner->left) - static_cast<int>(box.left)) <= 1);
    CHECK(std::abs(static_cast<int>(inner->top) - 100) <= 1);
    CHECK(std::abs(static_cast<int>(inner->width) - static_cast<int>(box.width)) <= 2);
    CHECK(std::abs(static_cast<int>(inner->height) - 200) <= 2);
  }
}

TEST_CASE("gradients, flat pictures, pictures without a border and soft ones with an edge on one side stay whole") {
  CHECK_FALSE(found(Grey(300, 200, [](int x, int y) { return scene(x, y); })));
  CHECK_FALSE(found(Grey(300, 200, [](int, int) { return 77; })));
  CHECK_FALSE(found(Grey(300, 200, [](int, int y) { return y; })));
  CHECK_FALSE(found(Grey(300, 200, [](int x, int y) { return y < 100 ? y : scene(x, y); })));
  CHECK_FALSE(found(Grey(300, 200, [](int x, int y) { return y < 60 ? 100 + x / 8 : scene(x, y); })));
}

TEST_CASE("less than a quarter of a side is no picture, and less than a cell of PDQ no border") {
  CHECK_FALSE(found(Grey(400, 400, [](int x, int y) { return y < 310 ? 0 : scene(x, y); })));
  CHECK(found(Grey(400, 400, [](int x, int y) { return y < 290 ? 0 : scene(x, y); })));
  CHECK_FALSE(found(Grey(700, 700, [](int x, int y) { return y < 10 ? 0 : scene(x, y); })));
  CHECK(found(Grey(700, 700, [](int x, int y) { return y < 11 ? 0 : scene(x, y); })));
}

TEST_CASE("pictures of any size have an answer that lies in them") {
  for (std::uint32_t width = 1; width <= 12; ++width)
    for (std::uint32_t height = 1; height <= 12; ++height)
      for (std::uint32_t ring = 0; ring <= 4; ++ring) {
        const auto inner = found(Grey(width, height, [&](int x, int y) {
          const int depth = std::min({x, y, static_cast<int>(width) - 1 - x, static_cast<int>(height) - 1 - y});
          return depth < static_cast<int>(ring) ? 0 : scene(x, y);
        }));
        if (!inner) continue;
        CHECK(inner->width > 0);
        CHECK(inner->height > 0);
        CHECK(inner->left + inner->width <= width);
        CHECK(inner->top + inner->height <= height);
        CHECK(inner->width * inner->height < width * height);
      }
}
