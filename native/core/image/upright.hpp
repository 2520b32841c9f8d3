// Turning stored pixels the way their EXIF orientation asks for.
#pragma once

#include <cstdint>

namespace egide {

/// Writes `width * height * channels` bytes: the picture as it is to be seen. `orientation` is EXIF's, 1 to 8; 5 to 8
/// swap the sides. `from` and `to` do not overlap.
void upright(const std::uint8_t* from, std::uint32_t width, std::uint32_t height, std::uint32_t channels,
             std::uint32_t orientation, std::uint8_t* to) noexcept;

}  // namespace egide
