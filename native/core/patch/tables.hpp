// The learned tables (tables.cpp is written by scripts/learn-patch-tables.mjs).
#pragma once

#include <cstdint>

#include "core/patch/feature.hpp"

namespace egide {

inline constexpr std::uint32_t kCodeBits = 128;
/// Bit i of a code: histogram[first] > histogram[second].
extern const std::uint8_t kCodePairs[kCodeBits][2];
/// Bit i of a key: the row's product with the histogram is above the threshold; times the scale it is in units of the
/// mean difference between two copies of a keypoint.
extern const std::int8_t kKeyRows[kKeyBits][kHistogramBytes];
extern const std::int32_t kKeyThresholds[kKeyBits];
extern const float kKeyScales[kKeyBits];
/// The first four bytes of the tables' SHA-256.
extern const std::uint32_t kTablesVersion;

}  // namespace egide
