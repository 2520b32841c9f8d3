// The Gaussian pyramid: the picture in ever stronger blur, in octaves of half the size each (Lowe 2004, section 3).
#pragma once

#include <memory>
#include <new>
#include <vector>

#include "core/kernels/patch_kernels.hpp"

namespace egide {

/// Levels in which keypoints are found, of each octave (Lowe 2004, section 3.3), and those that this takes.
inline constexpr std::uint32_t kIntervals = 3, kLevels = kIntervals + 3;
/// Blur of an octave's first level, and what the picture is taken to have by itself (Lowe 2004, section 3.3), pixels.
inline constexpr double kFirstSigma = 1.6, kOwnSigma = 0.5;
/// An octave with a shorter side holds no keypoint that could be found again.
inline constexpr std::uint32_t kLeastOctaveSide = 24;

/// Memory that is not filled with zeros first: every level is written as a whole.
struct Released {
  void operator()(float* memory) const noexcept { ::operator delete(memory); }
};
using Levels = std::unique_ptr<float[], Released>;

struct Octave {
  std::uint32_t width, height;
  /// Pixels of the working picture from one pixel to the next.
  float step;
  /// One level after the other, each with kRowPadding floats more: levels that are a multiple of 4,096 bytes apart
  /// would get into each other's way in the caches.
  Levels pixels;

  float* level(std::uint32_t number) const noexcept {
    return pixels.get() + number * (std::size_t{width} * height + kernels::kRowPadding);
  }
  const float* row(std::uint32_t number, std::uint32_t y) const noexcept {
    return level(number) + std::size_t{y} * width;
  }
};

std::vector<Octave> pyramid_of(const float* luma, std::uint32_t width, std::uint32_t height,
                               const kernels::PatchKernel& kernel);

}  // namespace egide
