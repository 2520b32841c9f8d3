#include "core/digest/digest_index.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "core/digest/digest_row.hpp"
#include "core/kernels/prefetch.hpp"

namespace egide {
namespace {

// Digests that are looked up together: enough to keep a core's requests to memory outstanding
// (bench/native/digest_bench).
constexpr std::size_t kDigestsAtOnce = 64;

/// Rows from `begin` to before `end`.
struct RowRange {
  std::uint32_t begin, end;
};

/// The first row of a range that is not below a digest, or above it, or else the end. Halves the range without a branch
/// on what the rows hold, since that is as good as random: a range can be as long as whoever made the index likes.
template <std::size_t kWidth, bool kAbove>
std::uint32_t first_row(const std::uint8_t* rows, RowRange range, const Digest<kWidth>& digest) noexcept {
  std::uint32_t begin = range.begin, count = range.end - range.begin;
  while (count > 0) {
    const std::uint32_t half = (count + 1) / 2;
    const Digest<kWidth> row = read_digest<kWidth>(rows + kWidth * (std::uint64_t{begin} + half - 1));
    begin += (kAbove ? row <= digest : row < digest) ? half : 0;
    count -= half;
  }
  return begin;
}

/// Looks a group of digests up in four rounds, each of which asks for the memory that the next one reads.
template <std::size_t kWidth>
DigestFind find_group(const Index& index, const std::uint8_t* digests, std::size_t count, std::uint32_t first_query,
                      std::span<DigestHit> hits) noexcept {
  const std::uint8_t *directory = index.bytes + index.layout.directory, *rows = index.bytes + index.layout.rows;
  std::array<std::uint64_t, kDigestsAtOnce> buckets;
  for (std::size_t q = 0; q < count; ++q) {
    buckets[q] = bucket_of(digests + kWidth * q, index.shape.directory_bits);
    kernels::prefetch(directory + 4 * buckets[q]);
  }
  std::array<RowRange, kDigestsAtOnce> ranges;
  for (std::size_t q = 0; q < count; ++q) {
    const RowRange range = ranges[q] = {index.start(buckets[q]), index.start(buckets[q] + 1)};
    if (range.begin > range.end || range.end > index.shape.count) return {IndexError::directory, 0};
    if (range.begin == range.end) continue;
    kernels::prefetch(rows + kWidth * std::uint64_t{range.begin});
    kernels::prefetch(rows + kWidth * std::uint64_t{range.end} - 1);
  }
  for (std::size_t q = 0; q < count; ++q) {
    RowRange& range = ranges[q];
    const Digest<kWidth> digest = read_digest<kWidth>(digests + kWidth * q);
    const std::uint32_t begin = first_row<kWidth, false>(rows, range, digest);
    if (begin == range.end || read_digest<kWidth>(rows + kWidth * std::uint64_t{begin}) != digest) {
      range.end = range.begin;
      continue;
    }
    range = {begin, first_row<kWidth, true>(rows, {begin, range.end}, digest)};
    kernels::prefetch(index.bytes + index.layout.ids + 4 * std::uint64_t{begin});
  }
  std::uint64_t found = 0;
  for (std::size_t q = 0; q < count; ++q) {
    const RowRange equal = ranges[q];
    const std::uint64_t written =
        std::min<std::uint64_t>(equal.end - equal.begin, hits.size() - std::min<std::uint64_t>(found, hits.size()));
    for (std::uint32_t i = 0; i < written; ++i)
      hits[found + i] = {first_query + static_cast<std::uint32_t>(q), index.id(equal.begin + i)};
    found += equal.end - equal.begin;
  }
  return {IndexError::ok, found};
}

}  // namespace

IndexShape digest_shape(std::uint32_t width, std::uint64_t count) noexcept {
  // One to two rows a bucket. Half as many buckets are a quarter slower; twice as many are no faster, and cost up to
  // eight bytes a row (bench/native/digest_bench).
  const auto bits = static_cast<std::uint32_t>(std::bit_width(std::max<std::uint64_t>(count, 1))) - 1;
  return {IndexKind::digest, width, count, bits, true, false};
}

DigestFind digest_index_find(const Index& index, std::span<const std::uint8_t> digests,
                             std::span<DigestHit> hits) noexcept {
  return with_width(index.shape.width, [&](auto width) {
    const std::size_t queries = digests.size() / width;
    DigestFind all{IndexError::ok, 0};
    for (std::size_t first = 0; first < queries && all.error == IndexError::ok; first += kDigestsAtOnce) {
      const std::span<DigestHit> room = hits.subspan(std::min<std::uint64_t>(all.found, hits.size()));
      const DigestFind group =
          find_group<width>(index, digests.data() + width * first, std::min(kDigestsAtOnce, queries - first),
                            static_cast<std::uint32_t>(first), room);
      all = {group.error, all.found + group.found};
    }
    return all;
  });
}

}  // namespace egide
