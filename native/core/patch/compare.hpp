// One picture against one record, in some of its variants: what `match` does without an index.
#pragma once

#include "core/patch/feature.hpp"

namespace egide {

/// Bit v: Variant v is tried.
inline constexpr std::uint32_t kPlainVariants = 0b0011, kAllVariants = 0b1111;

/// Appends the best variant's match as an answer (answer.hpp); nothing if no variant agrees.
void compare(const Patches& patches, std::span<const std::uint8_t> record, std::uint32_t variants, double images,
             std::vector<double>& numbers);

}  // namespace egide
