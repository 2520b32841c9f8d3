// Patches as bytes: how they pass through the doors, and between machines (docs/formats.md). Not for keeping: a bank
// keeps records, which take a tenth.
#pragma once

#include "core/patch/feature.hpp"

namespace egide {

inline constexpr std::size_t kPatchesHeaderBytes = 32;
/// Longest side of a working picture: more than anything here makes.
inline constexpr std::uint32_t kMaxWorkingSide = 2048;

/// The luma is written with 8 bits, which is what `extract` leaves of it.
std::vector<std::uint8_t> write_patches(const Patches& patches);

/// False if the bytes are not what `write_patches` makes: wrong length, sizes out of range, places that are not finite.
bool read_patches(std::span<const std::uint8_t> bytes, Patches& patches);

}  // namespace egide
