// Pictures for the benchmarks of patches: files that bench/patch-data.mjs has written, and pictures made to be slow.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../../test/native/pictures.hpp"
#include "core/patch/extract.hpp"
#include "measure.hpp"

namespace egide::bench {

/// `channels` bytes a pixel, row by row.
struct Picture {
  std::string name;
  std::uint32_t width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
};

inline std::vector<std::uint8_t> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  require(file.good(), "no file " + path + ": bench/run.mjs has it written first");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A picture of three channels in the binary form of the portable pixmap: "P6 WIDTH HEIGHT 255" and the pixels.
inline Picture read_ppm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Picture picture{path.substr(path.rfind('/') + 1), 0, 0, 3, {}};
  std::string magic;
  int largest = 0;
  file >> magic >> picture.width >> picture.height >> largest;
  require(file.good() && magic == "P6" && largest == 255, path + " is no picture");
  file.get();
  picture.pixels.resize(std::size_t{3} * picture.width * picture.height);
  file.read(reinterpret_cast<char*>(picture.pixels.data()), static_cast<std::streamsize>(picture.pixels.size()));
  require(file.good(), path + " is cut short");
  return picture;
}

inline WorkingPicture working_of(const Picture& picture, std::uint32_t long_side, const kernels::PatchKernel& kernel) {
  WorkingPicture working(picture.width, picture.height, picture.channels,
                         working_size(picture.width, picture.height, long_side), kernel);
  working.rows(picture.pixels.data(), picture.height);
  return working;
}

inline Patches patches_of(const Picture& picture, std::uint32_t long_side, std::uint32_t features,
                          const kernels::PatchKernel& kernel) {
  return extract(working_of(picture, long_side, kernel), picture.width, picture.height, features, kernel);
}

/// Luma of 8 bits, in the size of a working picture: all contenders start from the same bytes.
inline Picture luma_of(const Picture& picture, std::uint32_t long_side) {
  WorkingPicture working = working_of(picture, long_side, kernels::patch_scalar);
  Picture luma{picture.name, working.size().width, working.size().height, 1, {}};
  for (const float value : std::move(working).take_luma())
    luma.pixels.push_back(static_cast<std::uint8_t>(value * 255 + 0.5f));
  return luma;
}

template <typename Value>
Picture square(const std::string& name, std::uint32_t side, Value&& value) {
  Picture picture{name, side, side, 1, {}};
  for (std::uint32_t y = 0; y < side; ++y)
    for (std::uint32_t x = 0; x < side; ++x) picture.pixels.push_back(static_cast<std::uint8_t>(value(x, y)));
  return picture;
}

/// Squares full of corners, and noise: what somebody might upload to make a server work.
inline std::vector<Picture> hostile_pictures(std::uint32_t side) {
  std::uint32_t state = 2463534242;
  const auto random = [&] { return test::xorshift(state) >> 24; };
  std::vector<Picture> pictures;
  pictures.push_back(square("noise, 256 levels", side, [&](auto, auto) { return random(); }));
  pictures.push_back(square("noise, black and white", side, [&](auto, auto) { return random() < 128 ? 0 : 255; }));
  pictures.push_back(square("one pixel in 8 is white", side, [&](auto, auto) { return random() < 32 ? 255 : 0; }));
  for (const std::uint32_t cell : {1u, 2u, 3u, 4u, 8u})
    pictures.push_back(square("checkerboard, " + std::to_string(cell) + " px", side,
                              [=](auto x, auto y) { return (x / cell + y / cell) % 2 * 255; }));
  // Squares of 5 pixels in levels of their own, each with a pixel between it and the next: no two extrema are equal.
  std::vector<std::uint32_t> levels(std::size_t{side} * side);
  for (std::uint32_t& level : levels) level = random();
  pictures.push_back(square("squares of 5 px, 256 levels", side, [&](auto x, auto y) {
    return x % 6 == 5 || y % 6 == 5 ? 0 : levels[y / 6 * side + x / 6];
  }));
  return pictures;
}

}  // namespace egide::bench
