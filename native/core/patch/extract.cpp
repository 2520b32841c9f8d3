#include "core/patch/extract.hpp"

#include "core/patch/describe.hpp"
#include "core/patch/keypoints.hpp"
#include "core/patch/pyramid.hpp"

namespace egide {
namespace {

// Patches travel with 8 bits of luma: what is compared is the same before and after.
void quantise(std::vector<float>& luma) noexcept {
  for (float& value : luma) {
    const float level = value * 255 + 0.5f;
    value = static_cast<float>(static_cast<int>(level)) / 255;
  }
}

}  // namespace

Patches extract(WorkingPicture&& working, std::uint32_t source_width, std::uint32_t source_height,
                std::uint32_t max_features, const kernels::PatchKernel& kernel) {
  Patches patches;
  patches.width = working.size().width, patches.height = working.size().height;
  patches.source_width = source_width, patches.source_height = source_height;
  patches.luma = std::move(working).take_luma();
  const std::vector<Octave> octaves = pyramid_of(patches.luma.data(), patches.width, patches.height, kernel);
  quantise(patches.luma);
  for (const Keypoint& keypoint : chosen(octaves, keypoints_of(octaves, kernel), max_features)) {
    const Octave& octave = octaves[keypoint.octave];
    const Angles angles = angles_of(octave, keypoint, kernel);
    for (std::uint32_t i = 0; i < angles.count; ++i) {
      if (patches.places.size() == max_features) return patches;
      patches.places.push_back({keypoint.x * octave.step + 0.5f, keypoint.y * octave.step + 0.5f,
                                keypoint.sigma * octave.step, static_cast<float>(angles.radians[i])});
      patches.histograms.push_back(histogram_of(octave, keypoint, angles.radians[i], kernel));
    }
  }
  return patches;
}

}  // namespace egide
