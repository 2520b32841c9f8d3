// Turning stored pixels the way their EXIF orientation asks for.
#pragma once

#include <cstdint>

namespace egide {

struct StoredPicture {
  const std::uint8_t* pixels;
  std::uint32_t width, height, channels;
  std::uint32_t orientation;  ///< EXIF's, 1 to 8; 5 to 8 swap the sides

  std::uint32_t seen_width() const noexcept { return orientation >= 5 ? height : width; }
  std::uint32_t seen_height() const noexcept { return orientation >= 5 ? width : height; }
};

/// Writes `count` rows of the picture as it is to be seen, from row `first` on: `seen_width() * channels` bytes each.
void upright_rows(const StoredPicture& picture, std::uint32_t first, std::uint32_t count, std::uint8_t* to) noexcept;

}  // namespace egide
