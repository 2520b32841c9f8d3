#include "core/hamming/pdq_index.hpp"

#include <algorithm>
#include <array>

#include "core/hamming/band_search.hpp"
#include "core/hamming/bands.hpp"
#include "core/index/little_endian.hpp"
#include "core/kernels/choose.hpp"

namespace egide {
namespace {

// Queries that go through the index together: a scan reads the stored hashes once for all of them.
constexpr std::size_t kQueriesAtOnce = 128;

std::uint64_t scan(const Index& index, std::span<const Bands> queries, std::uint32_t max_distance,
                   std::span<HammingHit> hits, const SearchKernels& kernels) noexcept {
  const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(queries.data()),
                                            queries.size_bytes()};
  const std::uint64_t found = hamming_scan(bytes, index.rows(), max_distance, hits, kernels.scan);
  if (index.shape.ids)
    for (HammingHit& hit : hits.first(std::min<std::uint64_t>(found, hits.size())))
      hit.position = index.id(hit.position);
  return found;
}

}  // namespace

IndexShape pdq_shape(std::uint64_t count, bool ids, bool tags) noexcept {
  const bool banded = count >= kBandedFrom;
  return {IndexKind::pdq, kPdqBytes, count, banded ? kBandBits : 0, ids, banded && tags};
}

SearchKernels search_kernels(std::string_view name) noexcept {
  return {kernels::kernel_named(kernels::near_kernels(), name), kernels::kernel_named(kernels::tags_kernels(), name)};
}

bool scans(const Index& index, std::uint32_t max_distance, std::size_t query_count) noexcept {
  return index.shape.directory_bits == 0 || max_distance > kMaxBandedRadius ||
         !bands_pay(max_distance, index.shape.count, query_count, index.shape.tags);
}

PdqSearch pdq_index_search(const Index& index, std::span<const std::uint8_t> queries, std::uint32_t max_distance,
                           std::span<HammingHit> hits, const SearchKernels& kernels) noexcept {
  const std::size_t query_count = queries.size() / kPdqBytes;
  const bool scanned = scans(index, max_distance, query_count);
  const BandPlan plan = plan_of(std::min(max_distance, kMaxBandedRadius));
  PdqSearch result{IndexError::ok, 0};
  std::array<Bands, kQueriesAtOnce> group;
  for (std::size_t first = 0; first < query_count; first += kQueriesAtOnce) {
    const std::size_t count = std::min(kQueriesAtOnce, query_count - first);
    for (std::size_t q = 0; q < count; ++q) group[q] = permuted(queries.data() + kPdqBytes * (first + q));
    const std::span<HammingHit> room = hits.subspan(std::min<std::uint64_t>(result.found, hits.size()));
    const std::span<const Bands> searched = std::span(group).first(count);
    std::uint64_t found = 0;
    if (scanned) {
      found = scan(index, searched, max_distance, room, kernels);
    } else {
      BandSearch search(index, searched, max_distance, plan, kernels, room);
      result.error = search.run();
      if (result.error != IndexError::ok) return result;
      found = search.found();
    }
    for (HammingHit& hit : room.first(std::min<std::uint64_t>(found, room.size())))
      hit.query += static_cast<std::uint32_t>(first);
    result.found += found;
  }
  return result;
}

void pdq_index_read(const Index& index, std::uint64_t first, std::span<std::uint8_t> hashes,
                    std::span<std::uint32_t> ids) noexcept {
  const std::uint64_t left = index.shape.count - std::min(first, index.shape.count);
  const std::uint64_t count = std::min({left, std::uint64_t{hashes.size() / kPdqBytes}, std::uint64_t{ids.size()}});
  for (std::uint64_t i = 0; i < count; ++i) {
    Bands bands;
    for (std::uint32_t b = 0; b < kBands; ++b)
      bands[b] = read_number<std::uint16_t>(index.bytes + index.layout.rows + kPdqBytes * (first + i) + 2 * b);
    unpermuted(bands, hashes.data() + kPdqBytes * i);
    ids[i] = index.id(static_cast<std::uint32_t>(first + i));
  }
}

}  // namespace egide
