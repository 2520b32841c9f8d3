#include "core/image/upright.hpp"

#include <algorithm>
#include <cstddef>

namespace egide {
namespace {

// Pixels are moved in tiles of this width, so that what one row reads of a stored line is still in cache for the next.
constexpr std::uint32_t kTile = 64;

// Which stored pixel is seen at (0, 0), and how far apart in the store neighbours in seen x and in seen y are; in
// pixels.
struct Walk {
  std::ptrdiff_t start, step_x, step_y;
};

// EXIF 2.32 (CIPA DC-008), tag 0x0112: which edges of the seen picture the stored first row and first column are.
Walk walk_of(const StoredPicture& picture) noexcept {
  const std::ptrdiff_t width = picture.width, last_x = width - 1;
  const std::ptrdiff_t last_line = width * (static_cast<std::ptrdiff_t>(picture.height) - 1);
  switch (picture.orientation) {
    case 2:
      return {last_x, -1, width};  // row top, column right
    case 3:
      return {last_line + last_x, -1, -width};  // row bottom, column right
    case 4:
      return {last_line, 1, -width};  // row bottom, column left
    case 5:
      return {0, width, 1};  // row left, column top
    case 6:
      return {last_line, -width, 1};  // row right, column top
    case 7:
      return {last_line + last_x, -width, -1};  // row right, column bottom
    case 8:
      return {last_x, width, -1};  // row left, column bottom
    default:
      return {0, 1, width};
  }
}

template <std::uint32_t kChannels>
void move_rows(const StoredPicture& picture, std::uint32_t first, std::uint32_t count, std::uint8_t* to) noexcept {
  const Walk walk = walk_of(picture);
  const std::uint32_t width = picture.seen_width();
  const std::ptrdiff_t step = walk.step_x * static_cast<std::ptrdiff_t>(kChannels);
  for (std::uint32_t left = 0; left < width; left += kTile)
    for (std::uint32_t y = 0; y < count; ++y) {
      const std::ptrdiff_t at = walk.start + walk.step_x * static_cast<std::ptrdiff_t>(left) +
                                walk.step_y * (static_cast<std::ptrdiff_t>(first) + y);
      const std::uint8_t* from = picture.pixels + at * static_cast<std::ptrdiff_t>(kChannels);
      std::uint8_t* out = to + (std::size_t{y} * width + left) * kChannels;
      const std::uint32_t pixels = std::min(kTile, width - left);
      for (std::uint32_t x = 0; x < pixels; ++x, out += kChannels) {
        const std::uint8_t* pixel = from + static_cast<std::ptrdiff_t>(x) * step;
        for (std::uint32_t c = 0; c < kChannels; ++c) out[c] = pixel[c];
      }
    }
}

}  // namespace

void upright_rows(const StoredPicture& picture, std::uint32_t first, std::uint32_t count, std::uint8_t* to) noexcept {
  switch (picture.channels) {
    case 1:
      return move_rows<1>(picture, first, count, to);
    case 2:
      return move_rows<2>(picture, first, count, to);
    case 3:
      return move_rows<3>(picture, first, count, to);
    default:
      return move_rows<4>(picture, first, count, to);
  }
}

}  // namespace egide
