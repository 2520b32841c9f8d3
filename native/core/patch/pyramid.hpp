// The Gaussian pyramid: the picture in ever stronger blur, in octaves of half the size each (Lowe 2004, section 3).
#pragma once

#include <vector>

#include "core/kernels/patch_kernels.hpp"

namespace egide {

/// Levels in which keypoints are found, of each octave (Lowe 2004, section 3.3), and those that this takes.
inline constexpr std::uint32_t kIntervals = 3, kLevels = kIntervals + 3;
/// Blur of an octave's first level, and what the picture is taken to have by itself (Lowe 2004, section 3.3), pixels.
inline constexpr double kFirstSigma = 1.6, kOwnSigma = 0.5;
/// An octave with a shorter side holds no keypoint that could be found again.
inline constexpr std::uint32_t kLeastOctaveSide = 24;

struct Octave {
  std::uint32_t width, height;
  /// Pixels of the working picture from one pixel to the next.
  float step;
  std::vector<float> levels[kLevels];

  const float* row(std::uint32_t level, std::uint32_t y) const noexcept {
    return levels[level].data() + std::size_t{y} * width;
  }
};

std::vector<Octave> pyramid_of(const float* luma, std::uint32_t width, std::uint32_t height,
                               const kernels::PatchKernel& kernel);

}  // namespace egide
