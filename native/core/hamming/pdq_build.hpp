// Sorting PDQ hashes into the tables of their bands: the part of index_build that is particular to them.
#pragma once

#include <cstdint>
#include <span>

#include "core/hamming/bands.hpp"
#include "core/index/index_build.hpp"

namespace egide {

/// Two bands at a time are sorted by their keys, low byte first, then high byte (a radix sort: stable, so positions
/// stand in ascending order within a bucket, and equal input makes equal bytes).
struct PdqBuild {
  /// Per band and byte value: how many keys have it, and from the band's turn on where the next one goes.
  std::uint32_t low[kBands][256] = {}, high[kBands][256] = {};
  std::uint64_t done = 0;      // units: rows moved, over all bands and passes
  std::uint32_t next_low = 0;  // of the table being written: low bytes below it have their bucket starts
};

std::uint64_t pdq_build_scratch_bytes(const IndexShape& shape) noexcept;
/// Writes rows from position `first` on.
void pdq_build_add(PdqBuild& build, const IndexTarget& target, std::span<const std::uint8_t> rows,
                   std::uint64_t first) noexcept;
/// Does at most `units` and returns how many it did; fewer only at the end.
std::uint64_t pdq_build_step(PdqBuild& build, const IndexTarget& target, std::uint64_t units) noexcept;
std::uint64_t pdq_build_left(const PdqBuild& build, const IndexTarget& target) noexcept;

}  // namespace egide
