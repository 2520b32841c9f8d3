// Sorting the features of records into an index by their keys: the part of index_build that is particular to patches.
#pragma once

#include <cstdint>
#include <span>

#include "core/index/index_build.hpp"
#include "core/patch/feature.hpp"

namespace egide {

/// Features are sorted by their keys in two passes, low half first, then high half (a radix sort: it takes the same
/// time whatever the keys are, and is stable, so that features of one key stand in the order of the images). Adding
/// leaves keys where the entry of each feature will stand, and codes in the scratch area; the first pass writes the
/// order by low halves there, the second one moves each code to its entry.
struct PatchBuild {
  /// Per half and value: how many keys have it, and from the pass on where the next one goes.
  std::uint32_t low[1u << kKeyBits / 2] = {}, high[1u << kKeyBits / 2] = {};
  std::uint64_t images = 0, grid_blocks = 0;  // added
  std::uint64_t done = 0;                     // features moved, over both passes
  std::uint32_t next_low = 0;                 // low halves below it have their bucket starts
};

/// The features' codes, and 4 bytes for each.
std::uint64_t patch_build_scratch_bytes(const IndexShape& shape) noexcept;
/// Takes whole records, with an id for each, or nothing. `added`: features so far.
bool patch_build_add(PatchBuild& build, const IndexTarget& target, std::span<const std::uint8_t> records,
                     std::span<const std::uint32_t> ids, std::uint64_t& added) noexcept;
/// Whether all images and grids are there.
bool patch_build_complete(const PatchBuild& build, const IndexTarget& target) noexcept;
/// Does about `units` and returns how many it did; fewer only at the end.
std::uint64_t patch_build_step(PatchBuild& build, const IndexTarget& target, std::uint64_t units) noexcept;
std::uint64_t patch_build_left(const PatchBuild& build, const IndexTarget& target) noexcept;

}  // namespace egide
