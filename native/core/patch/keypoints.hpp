// Keypoints: extrema of the difference of Gaussians, and the choice among them.
#pragma once

#include "core/patch/pyramid.hpp"

namespace egide {

struct Keypoint {
  /// In pixels of its octave; the first pixel's centre is at (0, 0).
  float x, y;
  /// Blur in which it is strongest, pixels of its octave.
  float sigma;
  /// |difference of Gaussians| there, of luma from 0 to 1.
  float strength;
  std::uint32_t octave;
  /// The level whose blur is nearest.
  std::uint32_t level;
};

/// Every extremum that is strong enough and no edge, in the order of octave, level, row, column.
std::vector<Keypoint> keypoints_of(const std::vector<Octave>& octaves, const kernels::PatchKernel& kernel);

/// The order in which they are worth having, `count` at most: in turn the strongest that is left, and the strongest
/// that is left of the next cell of an 8 x 8 grid over the working picture. Strongest alone would spend everything on
/// a caption; every prefix is a valid smaller choice.
std::vector<Keypoint> chosen(const std::vector<Octave>& octaves, std::vector<Keypoint> keypoints, std::uint32_t count);

}  // namespace egide
