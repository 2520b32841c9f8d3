// Exact radius search in an index of PDQ hashes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/hamming/scan.hpp"
#include "core/index/index_format.hpp"
#include "core/kernels/tags_kernels.hpp"

namespace egide {

/// An index of at least this many hashes gets bands. Below, a scan of eight queries (the orientations of one picture)
/// is faster than the bands, and half the size (bench/native/search_bench).
inline constexpr std::uint64_t kBandedFrom = 32'768;

/// The shape of an index of that many hashes.
IndexShape pdq_shape(std::uint64_t count, bool ids, bool tags) noexcept;

/// The kernels that a search runs on.
struct SearchKernels {
  const kernels::NearKernel& scan;
  const kernels::TagsKernel& tags;
};
SearchKernels search_kernels(std::string_view name = {}) noexcept;

/// Whether a search compares every hash, because the index has no bands or the radius is too wide for them to pay.
bool scans(const Index& index, std::uint32_t max_distance, std::size_t query_count) noexcept;

struct PdqSearch {
  IndexError error;
  /// Pairs within the radius; only the first `hits.size()` are written.
  std::uint64_t found;
};

/// Finds every pair of a query and a stored hash within `max_distance` bits, each once, in no promised order. A hit's
/// `position` is the id of the stored hash. `queries` are whole hashes of 32 bytes.
///
/// Exact for any radius: docs/search.md has the argument.
PdqSearch pdq_index_search(const Index& index, std::span<const std::uint8_t> queries, std::uint32_t max_distance,
                           std::span<HammingHit> hits, const SearchKernels& kernels) noexcept;

/// Writes hashes `first`, `first + 1` ... as they were given, and their ids, as many as fit both.
void pdq_index_read(const Index& index, std::uint64_t first, std::span<std::uint8_t> hashes,
                    std::span<std::uint32_t> ids) noexcept;

}  // namespace egide
