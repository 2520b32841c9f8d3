// Sorting digests into one table: the part of index_build that is particular to them.
#pragma once

#include <cstdint>
#include <span>

#include "core/index/index_build.hpp"

namespace egide {

/// Rows are sorted by the bits that choose their bucket, eight bits a pass from the lowest (a radix sort: it takes the
/// same time whatever the digests are). Digests are as good as random, so buckets of one or two rows are left, which a
/// last pass puts in order while it writes the bucket starts. Whoever makes a list can fill a bucket, so what sorts a
/// bucket is a heap sort, which no order of its rows makes slow and which can pause anywhere.
struct DigestBuild {
  /// Per pass and eight bits: how many rows have them, and from the pass on where the next one goes.
  std::uint32_t next[4][256] = {};
  std::uint64_t moved = 0;   // rows, over all passes of the radix sort
  std::uint64_t row = 0;     // the last pass: the row that it looks at
  std::uint64_t begin = 0;   // the first row of the same bucket, or of the bucket before, if that is not yet done with
  std::uint64_t starts = 0;  // bucket starts written
  bool ordered = true;       // whether rows begin .. row - 1 are in order
  std::uint64_t heap_begin = 0, heap_end = 0;  // the heap sort: the heap, counted from `begin`; nothing is left at 0, 0
};

std::uint64_t digest_build_scratch_bytes(const IndexShape& shape) noexcept;
/// Takes rows from position `first` on, each with its id, or with its position where there are no `ids`.
void digest_build_add(DigestBuild& build, const IndexTarget& target, std::span<const std::uint8_t> rows,
                      std::span<const std::uint32_t> ids, std::uint64_t first) noexcept;
/// Does about `units` and returns how many it did; fewer only at the end.
std::uint64_t digest_build_step(DigestBuild& build, const IndexTarget& target, std::uint64_t units) noexcept;
/// What is left, if the digests are as good as random; a full bucket takes longer, and meanwhile this stands still.
std::uint64_t digest_build_left(const DigestBuild& build, const IndexTarget& target) noexcept;

}  // namespace egide
