// Any picture turned by any EXIF orientation and back again is itself.
#include <cstdlib>
#include <vector>

#include "core/image/upright.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::uint32_t width = 1 + data[0], height = 1 + data[1], channels = 1 + data[2] % 4u,
                      orientation = 1 + data[3] % 8u;
  std::vector<std::uint8_t> stored(std::size_t{width} * height * channels), seen(stored.size()), back(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) stored[i] = data[i % size];
  const egide::StoredPicture picture{stored.data(), width, height, channels, orientation};
  // In two parts, of which the first may be empty.
  const std::uint32_t part = data[3] / 8u % (picture.seen_height() + 1);
  egide::upright_rows(picture, 0, part, seen.data());
  egide::upright_rows(picture, part, picture.seen_height() - part,
                      seen.data() + std::size_t{part} * picture.seen_width() * channels);
  // Only the quarter turns are not their own inverse: 6 undoes 8.
  const std::uint32_t inverse = orientation == 6 ? 8 : orientation == 8 ? 6 : orientation;
  const egide::StoredPicture turned{seen.data(), picture.seen_width(), picture.seen_height(), channels, inverse};
  egide::upright_rows(turned, 0, turned.seen_height(), back.data());
  if (back != stored) std::abort();
  return 0;
}
