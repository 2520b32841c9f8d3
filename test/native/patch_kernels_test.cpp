// Every kernel of patches against the scalar one, bit for bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/kernels/patch_kernels.hpp"
#include "core/patch/extract.hpp"
#include "pictures.hpp"

namespace {

namespace kernels = egide::kernels;
using egide::test::xorshift;
using kernels::PatchKernel;

std::vector<float> noise(std::size_t count, std::uint32_t seed, float scale = 1) {
  std::vector<float> values(count);
  for (float& value : values) value = scale * static_cast<float>(xorshift(seed) >> 8) / (1 << 24);
  return values;
}

// Few values, so that many neighbours are equal.
std::vector<float> steps(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(static_cast<int>(xorshift(seed) % 5) - 2);
  return values;
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// `answer(kernel)` of every kernel that this machine runs is that of the scalar one.
template <typename Answer>
void check_every_kernel(Answer&& answer) {
  const auto expected = answer(kernels::patch_scalar);
  for (const PatchKernel& kernel : kernels::patch_kernels()) {
    if (!kernel.available()) continue;
    CAPTURE(kernel.name);
    CHECK(same(answer(kernel), expected));
  }
}

constexpr std::uint32_t kWidths[] = {1,  2,  3,  4,  5,  7,  8,  9,  15, 16, 17, 18, 23, 24,
                                     25, 31, 32, 33, 34, 47, 48, 49, 63, 64, 65, 97, 130};

}  // namespace

TEST_CASE("every kernel adds rows of any length at any alignment") {
  for (const std::uint32_t width : kWidths)
    for (std::uint32_t offset = 0; offset < 4; ++offset) {
      const std::vector<float> from = noise(width + offset, 1, 65280), to = noise(width + offset, 2);
      check_every_kernel([&](const PatchKernel& kernel) {
        std::vector<float> sums = to;
        kernel.add_row(from.data() + offset, 0.37f, sums.data() + offset, width);
        return sums;
      });
    }
}

TEST_CASE("every kernel makes the same luma of 1 to 4 channels") {
  for (std::uint32_t channels = 1; channels <= 4; ++channels)
    for (const std::uint32_t width : kWidths)
      for (std::uint32_t offset = 0; offset < 5; ++offset) {
        std::uint32_t seed = 7;
        std::vector<std::uint8_t> pixels(offset + std::size_t{width} * channels);
        for (std::uint8_t& byte : pixels) {
          const std::uint32_t random = xorshift(seed);
          byte = random % 4 == 0 ? 255 : random % 4 == 1 ? 0 : static_cast<std::uint8_t>(random >> 8);
        }
        check_every_kernel([&](const PatchKernel& kernel) {
          std::vector<float> luma(width);
          kernel.luma_row(pixels.data() + offset, channels, luma.data(), width);
          return luma;
        });
      }
}

TEST_CASE("every kernel lays a transparent pixel of every value on grey alike") {
  std::vector<std::uint8_t> pixels;
  for (std::uint32_t grey = 0; grey < 256; ++grey)
    for (std::uint32_t alpha = 0; alpha < 256; ++alpha)
      pixels.push_back(static_cast<std::uint8_t>(grey)), pixels.push_back(static_cast<std::uint8_t>(alpha));
  check_every_kernel([&](const PatchKernel& kernel) {
    std::vector<float> luma(65536);
    kernel.luma_row(pixels.data(), 2, luma.data(), 65536);
    return luma;
  });
}

TEST_CASE("every kernel weighs rows of any length with any number of taps") {
  for (const std::uint32_t count : kWidths)
    for (std::uint32_t taps = 1; taps <= 6; ++taps) {
      const std::vector<float> from = noise(3 * count + taps, 3, 65280);
      const std::vector<float> weights = noise(std::size_t{taps} * count, 4);
      std::vector<std::uint32_t> first(count);
      for (std::uint32_t x = 0; x < count; ++x) first[x] = 3 * x + x % 3;
      check_every_kernel([&](const PatchKernel& kernel) {
        std::vector<float> to(count);
        kernel.weigh_row(from.data(), first.data(), weights.data(), taps, 1.0f / 65280, to.data(), count);
        return to;
      });
    }
}

TEST_CASE("every kernel blurs pictures of any size with every radius") {
  for (const std::uint32_t width : kWidths)
    for (const std::uint32_t height : {1u, 2u, 3u, 5u, 12u, 24u, 25u})
      for (std::uint32_t radius = 1; radius <= kernels::kMaxRadius; ++radius) {
        const std::vector<float> from = noise(std::size_t{width} * height, width + height), taps = noise(radius + 1, 5);
        check_every_kernel([&](const PatchKernel& kernel) {
          std::vector<float> to(from.size()), scratch(kernels::blur_scratch(width));
          kernel.blur(from.data(), to.data(), width, height, taps.data(), radius, scratch.data());
          return to;
        });
      }
}

TEST_CASE("every kernel finds the extrema of rows of any length, plateaus and all") {
  for (const std::uint32_t width : kWidths)
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
      if (width < 3) continue;
      std::vector<std::vector<float>> values;
      const float* rows[9];
      for (std::uint32_t i = 0; i < 9; ++i) {
        values.push_back(seed % 2 == 0 ? steps(width, 100 * seed + i)
                                       : noise(width, 100 * seed + i, seed % 4 == 1 ? 1.0f : -1.0f));
        if (i == 4)  // stands out here and there
          for (float& value : values.back()) value *= seed % 3 == 0 ? 1.0f : 1.5f;
      }
      for (std::uint32_t i = 0; i < 9; ++i) rows[i] = values[i].data();
      for (const float threshold : {0.0f, 0.5f, 2.0f})
        for (const std::uint32_t first : {1u, 2u, 5u}) {
          const std::uint32_t last = width - 1;
          if (first > last) continue;
          check_every_kernel([&](const PatchKernel& kernel) {
            std::vector<std::uint32_t> found(last - first);
            found.resize(kernel.extrema(rows, first, last, threshold, found.data()));
            return found;
          });
        }
    }
}

TEST_CASE("every kernel gives gradients the same votes") {
  for (const std::uint32_t width : kWidths)
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
      const std::size_t room = width + kernels::kRowPadding;
      const std::vector<float> rows = seed % 2 == 0 ? steps(3 * room + 2, seed) : noise(3 * room + 2, seed);
      check_every_kernel([&](const PatchKernel& kernel) {
        std::vector<float> x(room), y(room), here(room), next(room);
        std::vector<std::uint32_t> bin(room);
        kernel.gradients(rows.data(), rows.data() + room + 1, rows.data() + 2 * room + 2, width, x.data(), y.data());
        kernel.votes(x.data(), y.data(), rows.data(), width, bin.data(), here.data(), next.data());
        std::vector<float> all;
        for (const std::vector<float>* part : {&x, &y, &here, &next})
          all.insert(all.end(), part->begin(), part->begin() + width);
        all.insert(all.end(), bin.begin(), bin.begin() + width);
        return all;
      });
    }
}

TEST_CASE("every kernel describes squares within, over the edge of, and beyond a level alike") {
  for (const auto& [width, height] : {std::pair{24u, 24u}, {37u, 25u}, {130u, 64u}})
    for (const bool flat : {false, true}) {
      const std::size_t count = std::size_t{width} * height;
      const std::vector<float> level = flat ? std::vector<float>(count, 0.5f) : noise(count, width);
      std::uint32_t seed = 9;
      const auto random = [&](float least, float most) {
        return least + (most - least) * static_cast<float>(xorshift(seed) >> 8) / (1 << 24);
      };
      for (int round = 0; round < 60; ++round) {
        const kernels::PatchFrame frame = {random(-5, static_cast<float>(width) + 5),
                                           random(-5, static_cast<float>(height) + 5), random(-4, 4), random(-4, 4)};
        check_every_kernel([&](const PatchKernel& kernel) {
          std::vector<std::uint8_t> histogram(128);
          kernel.describe(level.data(), width, height, frame, histogram.data());
          return histogram;
        });
      }
    }
}

TEST_CASE("every kernel extracts the same patches of whole pictures") {
  struct Size {
    std::uint32_t width, height, side;
  };
  for (const char* pattern : {"waves", "blocks", "noise", "disc", "flat"})
    for (const Size& size : {Size{197, 131, 640}, {640, 333, 512}, {33, 700, 512}}) {
      const std::vector<std::uint8_t> pixels = egide::test::picture(pattern, 3, size.width, size.height);
      check_every_kernel([&](const PatchKernel& kernel) {
        egide::WorkingPicture working(size.width, size.height, 3,
                                      egide::working_size(size.width, size.height, size.side), kernel);
        working.rows(pixels.data(), size.height);
        const egide::Patches patches = egide::extract(std::move(working), size.width, size.height, 200, kernel);
        std::vector<std::uint8_t> bytes;
        const auto put = [&](const auto& values) {
          const auto* from = reinterpret_cast<const std::uint8_t*>(values.data());
          bytes.insert(bytes.end(), from, from + values.size() * sizeof values[0]);
        };
        put(patches.places), put(patches.histograms), put(patches.luma);
        return bytes;
      });
    }
}
