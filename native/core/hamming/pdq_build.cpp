#include "core/hamming/pdq_build.hpp"

#include <algorithm>
#include <cstring>

#include "core/index/little_endian.hpp"

namespace egide {
namespace {

// Reading the rows is what the first pass waits for: each time serves this many bands.
constexpr std::uint32_t kBandsAtOnce = 2;
// Passes over the rows for such a pair of bands: one by the low bytes of both, one for each by its high bytes.
constexpr std::uint32_t kPasses = 1 + kBandsAtOnce;

struct Entry {
  std::uint32_t position;
  std::uint16_t key, tag;
};

bool banded(const IndexTarget& target) noexcept { return target.shape.directory_bits > 0; }

Entry* entries_of(const IndexTarget& target, std::uint32_t which) noexcept {
  return reinterpret_cast<Entry*>(target.scratch) + which * target.shape.count;
}

void starts_from_counts(std::uint32_t (&counts)[256]) noexcept {
  std::uint32_t start = 0;
  for (std::uint32_t& count : counts) {
    const std::uint32_t here = count;
    count = start;
    start += here;
  }
}

// By the low byte: rows from..to of two bands go to the scratch area.
void sort_low(PdqBuild& build, const IndexTarget& target, std::uint32_t band, std::uint64_t from,
              std::uint64_t to) noexcept {
  if (from == 0)
    for (std::uint32_t b = band; b < band + kBandsAtOnce; ++b)
      starts_from_counts(build.low[b]), starts_from_counts(build.high[b]);
  const std::uint8_t* rows = target.bytes + target.layout.rows;
  Entry *first = entries_of(target, 0), *second = entries_of(target, 1);
  for (std::uint64_t i = from; i < to; ++i) {
    const std::uint8_t* row = rows + kPdqBytes * i;
    const auto key = [&](std::uint32_t b) { return read_number<std::uint16_t>(row + 2 * (b % kBands)); };
    const std::uint16_t keys[] = {key(band), key(band + 1), key(band + 2)};
    const auto position = static_cast<std::uint32_t>(i);
    first[build.low[band][keys[0] & 255]++] = {position, keys[0], keys[1]};
    second[build.low[band + 1][keys[1] & 255]++] = {position, keys[1], keys[2]};
  }
}

// All keys with a low byte below `low` are in place: where each of them ends is where the next key begins.
void write_starts(PdqBuild& build, const IndexTarget& target, std::uint32_t band, std::uint32_t low) noexcept {
  std::uint8_t* starts = target.bytes + target.layout.directory + std::uint64_t{4} * band * kBandStarts;
  for (; build.next_low < low; ++build.next_low)
    for (std::uint32_t high = 0; high < 256; ++high)
      write_number(starts + 4 * (std::size_t{high} << 8 | build.next_low), build.high[band][high]);
}

// By the high byte: entries from..to of the scratch area go to the band's table.
template <std::uint32_t kPositionBytes>
void sort_high(PdqBuild& build, const IndexTarget& target, std::uint32_t band, std::uint64_t from,
               std::uint64_t to) noexcept {
  const Entry* entries = entries_of(target, band % kBandsAtOnce);
  std::uint8_t* tags = target.bytes + target.layout.tags + 2 * band * target.layout.band_entries;
  std::uint8_t* positions = target.bytes + target.layout.positions + kPositionBytes * band * target.layout.band_entries;
  for (std::uint64_t i = from; i < to; ++i) {
    const Entry entry = entries[i];
    const std::uint32_t low = entry.key & 255u;
    if (low >= build.next_low) write_starts(build, target, band, low + 1);
    const std::uint32_t at = build.high[band][entry.key >> 8]++;
    if (target.shape.tags) write_number(tags + 2 * std::uint64_t{at}, entry.tag);
    std::memcpy(positions + kPositionBytes * std::uint64_t{at}, &entry.position, kPositionBytes);
  }
}

void finish_band(PdqBuild& build, const IndexTarget& target, std::uint32_t band) noexcept {
  write_starts(build, target, band, 256);
  build.next_low = 0;
  const auto count = static_cast<std::uint32_t>(target.shape.count);
  write_number(target.bytes + target.layout.directory + 4 * (std::uint64_t{band} * kBandStarts + kBandKeys), count);
  const std::uint64_t padding = target.layout.band_entries - target.shape.count;
  const std::uint32_t width = target.layout.position_bytes;
  std::uint8_t* tags = target.bytes + target.layout.tags + 2 * (band * target.layout.band_entries + count);
  if (target.shape.tags) std::memset(tags, 0, 2 * padding);
  std::memset(target.bytes + target.layout.positions + width * (band * target.layout.band_entries + count), 0,
              width * padding);
}

}  // namespace

std::uint64_t pdq_build_scratch_bytes(const IndexShape& shape) noexcept {
  return shape.directory_bits == 0 ? 0 : kBandsAtOnce * sizeof(Entry) * shape.count;
}

void pdq_build_add(PdqBuild& build, const IndexTarget& target, std::span<const std::uint8_t> rows,
                   std::uint64_t first) noexcept {
  std::uint8_t* out = target.bytes + target.layout.rows + kPdqBytes * first;
  for (std::size_t at = 0; at < rows.size(); at += kPdqBytes, out += kPdqBytes) {
    const Bands bands = permuted(rows.data() + at);
    std::memcpy(out, bands.data(), kPdqBytes);
    for (std::uint32_t b = 0; b < kBands; ++b) ++build.low[b][bands[b] & 255], ++build.high[b][bands[b] >> 8];
  }
}

std::uint64_t pdq_build_left(const PdqBuild& build, const IndexTarget& target) noexcept {
  return (banded(target) ? target.shape.count * (kBands / kBandsAtOnce) * kPasses : 0) - build.done;
}

std::uint64_t pdq_build_step(PdqBuild& build, const IndexTarget& target, std::uint64_t units) noexcept {
  const std::uint64_t todo = std::min(units, pdq_build_left(build, target)), end = build.done + todo;
  const std::uint64_t count = target.shape.count;
  while (build.done < end) {
    const std::uint64_t turn = build.done / count, from = build.done % count;
    const std::uint64_t to = std::min(count, from + (end - build.done));
    const auto pair = static_cast<std::uint32_t>(turn / kPasses * kBandsAtOnce);
    const auto pass = static_cast<std::uint32_t>(turn % kPasses);
    if (pass == 0) {
      sort_low(build, target, pair, from, to);
    } else {
      const std::uint32_t band = pair + pass - 1;
      const auto sort = target.layout.position_bytes == 2   ? sort_high<2>
                        : target.layout.position_bytes == 3 ? sort_high<3>
                                                            : sort_high<4>;
      sort(build, target, band, from, to);
      if (to == count) finish_band(build, target, band);
    }
    build.done += to - from;
  }
  return todo;
}

}  // namespace egide
