// From a working picture to its patches.
#pragma once

#include "core/patch/feature.hpp"
#include "core/patch/working.hpp"

namespace egide {

/// Features that are extracted: of references (`standard` and `compact` records), and of what is asked about.
inline constexpr std::uint32_t kStandardFeatures = 256, kCompactFeatures = 128, kQueryFeatures = 500,
                               kDeepFeatures = 1500;

/// At most `max_features`, those most worth having first. `source_width` and `source_height`: pixels of the upright
/// picture that `working` shows.
Patches extract(WorkingPicture&& working, std::uint32_t source_width, std::uint32_t source_height,
                std::uint32_t max_features, const kernels::PatchKernel& kernel);

}  // namespace egide
