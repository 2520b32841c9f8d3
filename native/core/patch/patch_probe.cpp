#include "core/patch/patch_probe.hpp"

#include <algorithm>
#include <bit>

#include "core/kernels/prefetch.hpp"

namespace egide {
namespace patch_probe {

constexpr std::uint32_t kCodesAtOnce = 64;  // of a run that are compared before what is near is looked up
constexpr std::size_t kLine = 64;           // bytes of a cache line
constexpr std::size_t kLinesAhead = 4;      // of a run of codes; behind them the processor runs ahead by itself

void prefetch_lines(const std::uint8_t* begin, const std::uint8_t* end) noexcept {
  for (std::size_t line = 0; line < kLinesAhead && begin + line * kLine < end; ++line)
    kernels::prefetch(begin + line * kLine);
  if (begin < end) kernels::prefetch(end - 1);
}

/// An entry of a run, counted from its first, whose code is near.
struct NearEntry {
  std::uint32_t entry, distance;
};

// The entries of `codes`, `count` of 16 or 8 bytes one after the other, within `limit` bits of a code. What a kernel
// may do: all codes are read in order, and few are near.
template <std::size_t kBytes>
std::uint32_t near_codes(const Code& code, const std::uint8_t* codes, std::uint32_t count, std::uint32_t limit,
                         NearEntry* near) noexcept {
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < count; ++i, codes += kBytes) {
    auto distance = static_cast<std::uint32_t>(std::popcount(code.words[0] ^ read_u64(codes)));
    if constexpr (kBytes == 16)
      distance += static_cast<std::uint32_t>(std::popcount(code.words[1] ^ read_u64(codes + 8)));
    if (distance <= limit) near[found++] = {i, distance};
  }
  return found;
}

/// A subset of the turned bits, and what it costs.
struct Turn {
  float cost;
  std::uint32_t subset;

  bool operator<(const Turn& other) const noexcept {
    return cost != other.cost ? cost < other.cost : subset < other.subset;
  }
};

}  // namespace patch_probe

void probes_of(const Key& key, std::uint32_t count, std::uint32_t* keys) noexcept {
  using patch_probe::Turn;
  std::array<Turn, kKeyBits> bits;  // the subset is here the bit's number
  for (std::uint32_t i = 0; i < kKeyBits; ++i) {
    const float margin = key.margins[i] >= 0 ? key.margins[i] : 0;  // what is no number would have no order
    bits[i] = {margin * margin, i};
  }
  std::partial_sort(bits.begin(), bits.begin() + kTurnedBits, bits.end());
  std::array<Turn, kMostProbes> turns;
  turns[0] = {0, 0};
  for (std::uint32_t i = 0; i < kTurnedBits; ++i)
    for (std::uint32_t subset = 0; subset < 1u << i; ++subset)
      turns[subset | 1u << i] = {turns[subset].cost + bits[i].cost, subset | 1u << i};
  std::partial_sort(turns.begin(), turns.begin() + count, turns.end());
  for (std::uint32_t i = 0; i < count; ++i) {
    keys[i] = key.bits & ((1u << kKeyBits) - 1);
    for (std::uint32_t bit = 0; bit < kTurnedBits; ++bit) keys[i] ^= (turns[i].subset >> bit & 1) << bits[bit].subset;
  }
}

IndexError PatchProbe::run(const Query& query, std::uint8_t number, std::vector<PatchHit>& hits) {
  const auto count = static_cast<std::uint32_t>(
      std::min({query.codes.size(), query.keys.size(), query.places.size(), std::size_t{UINT16_MAX}}));
  for (std::uint32_t first = 0; first < count; first += kFeaturesAtOnce) {
    ask_for_starts(query, first, std::min(first + kFeaturesAtOnce, count));
    IndexError error = ask_for_entries();
    if (error == IndexError::ok) error = ask_for_codes();
    if (error == IndexError::ok) error = compare(query, number, hits);
    if (error != IndexError::ok) return error;
  }
  return IndexError::ok;
}

void PatchProbe::ask_for_starts(const Query& query, std::uint32_t first, std::uint32_t end) noexcept {
  asked_count_ = 0;
  const std::uint8_t* directory = index_.bytes + index_.layout.directory;
  std::array<std::uint32_t, kMostProbes> keys;
  for (std::uint32_t feature = first; feature < end; ++feature) {
    probes_of(query.keys[feature], probes_, keys.data());
    for (std::uint32_t i = 0; i < probes_; ++i) {
      kernels::prefetch(directory + 4 * std::uint64_t{keys[i] >> (kKeyBits - index_.shape.directory_bits)});
      asked_[asked_count_++] = {keys[i], feature, {}};
    }
  }
}

// Forgets probes of empty buckets.
IndexError PatchProbe::ask_for_entries() noexcept {
  std::uint32_t kept = 0;
  const std::uint8_t* entries = index_.bytes + index_.layout.positions;
  for (std::uint32_t i = 0; i < asked_count_; ++i) {
    Probe& probe = asked_[kept] = asked_[i];
    if (const IndexError error = bucket_of(index_, probe.key, probe.run); error != IndexError::ok) return error;
    if (probe.run.begin == probe.run.end) continue;
    patch_probe::prefetch_lines(entries + std::uint64_t{4} * probe.run.begin,
                                entries + std::uint64_t{4} * probe.run.end);
    ++kept;
  }
  asked_count_ = kept;
  return IndexError::ok;
}

// Forgets probes of buckets without their key.
IndexError PatchProbe::ask_for_codes() noexcept {
  std::uint32_t kept = 0;
  const std::uint8_t* codes = index_.bytes + index_.layout.rows;
  for (std::uint32_t i = 0; i < asked_count_; ++i) {
    Probe& probe = asked_[kept] = asked_[i];
    probe.run = run_of(index_, probe.key, probe.run);
    if (probe.run.begin == probe.run.end) continue;
    if (probe.run.end - probe.run.begin > kMostEntries)
      probe.run.end = probe.run.begin + kMostEntries, truncated_ = true;
    patch_probe::prefetch_lines(codes + index_.shape.width * std::uint64_t{probe.run.begin},
                                codes + index_.shape.width * std::uint64_t{probe.run.end});
    ++kept;
  }
  asked_count_ = kept;
  return IndexError::ok;
}

IndexError PatchProbe::compare(const Query& query, std::uint8_t number, std::vector<PatchHit>& hits) {
  using namespace patch_probe;
  const bool narrow = index_.shape.width == 8;
  const std::uint32_t limit = hit_distance(index_.shape.width);
  std::array<NearEntry, kCodesAtOnce> near;
  for (std::uint32_t i = 0; i < asked_count_; ++i) {
    const Probe& probe = asked_[i];
    const Code code = query.codes[probe.feature];
    for (std::uint32_t begin = probe.run.begin; begin < probe.run.end; begin += kCodesAtOnce) {
      const std::uint32_t count = std::min(kCodesAtOnce, probe.run.end - begin);
      const std::uint8_t* codes = index_.bytes + index_.layout.rows + index_.shape.width * std::uint64_t{begin};
      const std::uint32_t found = narrow ? near_codes<8>(code, codes, count, limit, near.data())
                                         : near_codes<16>(code, codes, count, limit, near.data());
      for (std::uint32_t n = 0; n < found; ++n) {
        const std::uint32_t feature = read_entry(index_, begin + near[n].entry).feature;
        if (feature >= index_.shape.count) return IndexError::position;
        if (is_stop(index_, feature)) continue;
        ask_for_image(index_, feature);
        near_[near_count_++] = {feature, static_cast<std::uint16_t>(probe.feature),
                                static_cast<std::uint8_t>(near[n].distance)};
        if (near_count_ < kNearAtOnce) continue;
        if (const IndexError error = resolve(number, hits); error != IndexError::ok) return error;
      }
    }
  }
  return resolve(number, hits);
}

IndexError PatchProbe::resolve(std::uint8_t number, std::vector<PatchHit>& hits) {
  for (std::size_t i = 0; i < near_count_; ++i) {
    const Near& near = near_[i];
    std::uint32_t image = 0;
    if (const IndexError error = image_of(index_, near.feature, image); error != IndexError::ok) return error;
    if (!segment_.holds(image)) continue;
    PatchImage read;
    if (const IndexError error = read_image(index_, image, read); error != IndexError::ok) return error;
    if (hits.size() == kMostHits) {
      truncated_ = true;
      break;
    }
    hits.push_back(
        {image, near.query_feature, static_cast<std::uint16_t>(near.feature - read.first), number, near.distance});
  }
  near_count_ = 0;
  return IndexError::ok;
}

}  // namespace egide
