#include <doctest/doctest.h>

#include <vector>

#include "core/image/upright.hpp"

// A 3 x 2 picture: 1 2 3 / 4 5 6, as each EXIF orientation shows it (EXIF 2.32, tag 0x0112).
TEST_CASE("each EXIF orientation turns the stored pixels as it says") {
  const std::vector<std::uint8_t> stored = {1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> seen[] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                            {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                            {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation)
    for (std::uint32_t channels = 1; channels <= 4; ++channels) {
      std::vector<std::uint8_t> from, expected;
      for (const std::uint8_t v : stored)
        for (std::uint32_t c = 0; c < channels; ++c) from.push_back(static_cast<std::uint8_t>(v + 10 * c));
      for (const std::uint8_t v : seen[orientation - 1])
        for (std::uint32_t c = 0; c < channels; ++c) expected.push_back(static_cast<std::uint8_t>(v + 10 * c));
      std::vector<std::uint8_t> to(from.size());
      const egide::StoredPicture picture{from.data(), 3, 2, channels, orientation};
      for (std::uint32_t y = 0; y < picture.seen_height(); ++y)
        egide::upright_rows(picture, y, 1, to.data() + y * picture.seen_width() * channels);
      CAPTURE(orientation);
      CHECK(to == expected);
    }
}
