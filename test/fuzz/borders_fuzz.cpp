// What is found inside a frame lies in the picture, and is less than all of it; so is what is found within that.
#include <array>
#include <cstdlib>
#include <vector>

#include "core/image/borders.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  // Now and then more samples than are looked at.
  const std::uint32_t width = 1 + data[0] * (data[2] & 16 ? 5u : 1u), height = 1 + data[1] * (data[2] & 32 ? 5u : 1u);
  const std::uint32_t channels = 1 + data[2] % 4u, ring = data[3] % 32u;
  std::vector<std::uint8_t> pixels(std::size_t{width} * height * channels),
      luma(egide::BorderFinder::luma_bytes(width, height));
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x)
      for (std::uint32_t c = 0; c < channels; ++c) {
        const bool outside = x < ring || y < ring || x + ring >= width || y + ring >= height;
        const std::size_t at = (std::size_t{y} * width + x) * channels + c;
        pixels[at] = outside ? data[3] : data[at % size];
      }
  egide::BorderFinder finder(width, height, channels, luma.data());
  while (finder.wants_row()) finder.row(pixels.data() + std::size_t{finder.wanted_row()} * width * channels);
  std::array<egide::PictureBox, egide::kFrames> inner{};
  const std::uint32_t count = finder.finish(inner);
  egide::PictureBox outer{0, 0, width, height};
  for (std::uint32_t i = 0; i < count; ++i) {
    const egide::PictureBox& box = inner[i];
    if (box.width == 0 || box.height == 0) std::abort();
    if (box.left < outer.left || box.left + box.width > outer.left + outer.width) std::abort();
    if (box.top < outer.top || box.top + box.height > outer.top + outer.height) std::abort();
    if (box.width == outer.width && box.height == outer.height) std::abort();
    outer = box;
  }
  return 0;
}
