// The words of patches: keypoints of a picture, each with a histogram (to ask with) or a code (to be found by).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace egide {

/// Bytes of a descriptor: 4 x 4 cells of 8 orientations, `[row][column][orientation]`.
inline constexpr std::size_t kHistogramBytes = 128;
using Histogram = std::array<std::uint8_t, kHistogramBytes>;

/// Where a keypoint lies. Continuous coordinates: the first pixel's centre is at (0.5, 0.5).
struct Place {
  float x, y;
  /// Scale: standard deviation of the blur in which the keypoint is strongest, pixels.
  float sigma;
  /// Direction of the strongest gradient, radians, x towards y; any multiple of a turn may be added.
  float angle;
};

/// 128 comparisons of histogram cells, bit i in `words[i / 64]`; the first 64 are a code of their own.
struct Code {
  std::array<std::uint64_t, 2> words;
};

/// Number of bits of a bucket key.
inline constexpr std::uint32_t kKeyBits = 24;

/// Features of one picture at most: more than anything here makes.
inline constexpr std::uint32_t kMaxPatches = 4096;

/// What is extracted from a picture: the keypoints with the strongest and best spread first, so that every prefix is a
/// valid smaller budget.
struct Patches {
  /// Pixels of the working picture that the places are in.
  std::uint32_t width = 0, height = 0;
  /// Pixels of the picture as given, upright.
  std::uint32_t source_width = 0, source_height = 0;
  std::vector<Place> places;
  std::vector<Histogram> histograms;
  /// Luma of the working picture, row-major, 0 to 1: what the dense grid is made of.
  std::vector<float> luma;
};

/// How a picture that is asked about was turned around before it is compared. A vertical mirror is a horizontal one and
/// a rotation, so these four are all.
enum class Variant : std::uint8_t { normal = 0, mirrored = 1, negative = 2, mirrored_negative = 3 };

}  // namespace egide
