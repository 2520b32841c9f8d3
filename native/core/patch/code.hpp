// Histograms to codes and bucket keys, and histograms of the mirrored and of the negative picture.
#pragma once

#include "core/patch/feature.hpp"

namespace egide {

/// The comparisons of the learned table `kCodePairs`, in its order. They need no normalisation: a comparison of two
/// cells does not change with contrast.
Code code_of(const Histogram& histogram) noexcept;

/// A bucket key of `kKeyBits` bits, and how far each bit was from being the other one, in units of the mean difference
/// between two copies of one keypoint.
struct Key {
  std::uint32_t bits;
  std::array<float, kKeyBits> margins;
};
Key key_of(const Histogram& histogram) noexcept;

/// The histogram that the keypoint has in that variant of the picture.
Histogram histogram_in(Variant variant, const Histogram& histogram) noexcept;
/// The place that it has there; `width` is that of the working picture.
Place place_in(Variant variant, const Place& place, float width) noexcept;

/// Bits that differ, among the first 64 if `narrow`.
std::uint32_t code_distance(const Code& a, const Code& b, bool narrow = false) noexcept;

/// Names the learned tables: records and indexes made with other tables are of another language.
std::uint32_t patch_tables_version() noexcept;

}  // namespace egide
