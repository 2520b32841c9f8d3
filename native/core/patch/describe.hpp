// The direction of a keypoint, and its descriptor.
#pragma once

#include "core/patch/feature.hpp"
#include "core/patch/keypoints.hpp"

namespace egide {

/// Directions of a keypoint at most; each makes a feature of its own.
inline constexpr std::uint32_t kMaxAngles = 2;

struct Angles {
  std::uint32_t count = 0;
  /// Radians, x towards y, strongest first.
  std::array<double, kMaxAngles> radians{};
};

/// The peaks of the histogram of gradient directions around the keypoint (Lowe 2004, section 5).
Angles angles_of(const Octave& octave, const Keypoint& keypoint, const kernels::PatchKernel& kernel) noexcept;

/// 4 x 4 cells of three sigmas each, turned by the angle.
Histogram histogram_of(const Octave& octave, const Keypoint& keypoint, double angle,
                       const kernels::PatchKernel& kernel) noexcept;

}  // namespace egide
