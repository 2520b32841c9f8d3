#include "core/image/upright.hpp"

#include <algorithm>
#include <cstddef>

namespace egide {
namespace {

// Pixels are moved in squares of this side, so that rows read and columns written stay in cache.
constexpr std::uint32_t kTile = 64;

// Where stored pixel (0, 0) goes, and how far apart in the output neighbours in x and in y are.
struct Walk {
  std::ptrdiff_t start, step_x, step_y;
};

// EXIF 2.32 (CIPA DC-008), tag 0x0112: which edges of the seen picture the stored first row and first column are.
Walk walk_of(std::uint32_t orientation, std::ptrdiff_t width, std::ptrdiff_t height) noexcept {
  const std::ptrdiff_t last_x = width - 1, last_y = height - 1;
  switch (orientation) {
    case 2:
      return {last_x, -1, width};  // row top, column right
    case 3:
      return {last_y * width + last_x, -1, -width};  // row bottom, column right
    case 4:
      return {last_y * width, 1, -width};  // row bottom, column left
    case 5:
      return {0, height, 1};  // row left, column top
    case 6:
      return {last_y, height, -1};  // row right, column top
    case 7:
      return {last_x * height + last_y, -height, -1};  // row right, column bottom
    case 8:
      return {last_x * height, -height, 1};  // row left, column bottom
    default:
      return {0, 1, width};
  }
}

template <std::uint32_t kChannels>
void move_pixels(const std::uint8_t* from, std::uint32_t width, std::uint32_t height, const Walk& walk,
                 std::uint8_t* to) noexcept {
  for (std::uint32_t tile_y = 0; tile_y < height; tile_y += kTile)
    for (std::uint32_t tile_x = 0; tile_x < width; tile_x += kTile)
      for (std::uint32_t y = tile_y; y < std::min(tile_y + kTile, height); ++y)
        for (std::uint32_t x = tile_x; x < std::min(tile_x + kTile, width); ++x) {
          const std::uint8_t* pixel = from + (std::size_t{y} * width + x) * kChannels;
          std::uint8_t* out = to + (walk.start + walk.step_x * static_cast<std::ptrdiff_t>(x) +
                                    walk.step_y * static_cast<std::ptrdiff_t>(y)) *
                                       kChannels;
          for (std::uint32_t c = 0; c < kChannels; ++c) out[c] = pixel[c];
        }
}

}  // namespace

void upright(const std::uint8_t* from, std::uint32_t width, std::uint32_t height, std::uint32_t channels,
             std::uint32_t orientation, std::uint8_t* to) noexcept {
  const Walk walk = walk_of(orientation, width, height);
  switch (channels) {
    case 1:
      return move_pixels<1>(from, width, height, walk, to);
    case 2:
      return move_pixels<2>(from, width, height, walk, to);
    case 3:
      return move_pixels<3>(from, width, height, walk, to);
    default:
      return move_pixels<4>(from, width, height, walk, to);
  }
}

}  // namespace egide
