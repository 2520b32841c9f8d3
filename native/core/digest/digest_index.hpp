// Exact look-up in an index of digests.
#pragma once

#include <cstdint>
#include <span>

#include "core/index/index_format.hpp"

namespace egide {

/// The shape of an index of that many digests of 16, 20 or 32 bytes.
IndexShape digest_shape(std::uint32_t width, std::uint64_t count) noexcept;

/// One stored digest that is a query's.
struct DigestHit {
  std::uint32_t query, id;
};

struct DigestFind {
  IndexError error;
  /// Pairs of a query and an equal digest; only the first `hits.size()` are written.
  std::uint64_t found;
};

/// Finds every pair of a query and a stored digest that are equal, by query, ids ascending within a query. `digests`
/// are whole rows of the index, one after the other; all are looked up together, so that none waits for memory by
/// itself.
DigestFind digest_index_find(const Index& index, std::span<const std::uint8_t> digests,
                             std::span<DigestHit> hits) noexcept;

}  // namespace egide
