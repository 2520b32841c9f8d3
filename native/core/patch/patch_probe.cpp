#include "core/patch/patch_probe.hpp"

#include <algorithm>

#include "core/kernels/prefetch.hpp"
#include "core/patch/nearest.hpp"

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

/// Bits of a key to turn, and what that costs.
struct Turn {
  float cost;
  std::uint32_t bits;
};

// The bits that are cheapest to turn, cheapest first.
std::array<Turn, kTurnedBits> cheapest_bits(const Key& key) noexcept {
  std::array<Turn, kTurnedBits> cheapest;
  std::uint32_t count = 0;
  for (std::uint32_t bit = 0; bit < kKeyBits; ++bit) {
    const float margin = key.margins[bit] >= 0 ? key.margins[bit] : 0;  // what is no number would have no order
    const Turn turn{margin * margin, 1u << bit};
    if (count == kTurnedBits && !(turn.cost < cheapest[count - 1].cost)) continue;
    std::uint32_t at = count < kTurnedBits ? count++ : count - 1;
    for (; at > 0 && turn.cost < cheapest[at - 1].cost; --at) cheapest[at] = cheapest[at - 1];
    cheapest[at] = turn;
  }
  return cheapest;
}

}  // namespace patch_probe

// Subsets of the first bits, cheapest first, and with each further bit those that have it too: what is not among the
// first `count` of the smaller ones leads to none of the first `count` of the larger.
void probes_of(const Key& key, std::uint32_t count, std::uint32_t* keys) noexcept {
  using patch_probe::Turn;
  std::array<Turn, kMostProbes> turns, before;
  turns[0] = {0, 0};
  std::uint32_t known = 1;
  for (const Turn& bit : patch_probe::cheapest_bits(key)) {
    std::copy_n(turns.begin(), known, before.begin());
    const std::uint32_t all = std::min(2 * known, count);
    for (std::uint32_t i = 0, without = 0, with = 0; i < all; ++i) {
      const bool turned = without == known || (with < known && before[with].cost + bit.cost < before[without].cost);
      turns[i] = turned ? Turn{before[with].cost + bit.cost, before[with].bits | bit.bits} : before[without];
      ++(turned ? with : without);
    }
    known = all;
  }
  for (std::uint32_t i = 0; i < count; ++i) keys[i] = (key.bits & ((1u << kKeyBits) - 1)) ^ turns[i].bits;
}

IndexError PatchProbe::run(const Query& query, std::uint8_t number, std::vector<PatchHit>& hits) {
  const auto count = static_cast<std::uint32_t>(
      std::min({query.codes.size(), query.keys.size(), query.places.size(), std::size_t{kMaxPatches}}));
  for (std::uint32_t first = 0; first < count; first += kFeaturesAtOnce) {
    ask_for_starts(query, first, std::min(first + kFeaturesAtOnce, count));
    IndexError error = ask_for_entries();
    if (error == IndexError::ok) error = ask_for_codes();
    if (error == IndexError::ok) error = compare(query, number, hits);
    if (error != IndexError::ok) return error;
  }
  return resolve(number, hits);
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
    if (probe.run.end - probe.run.begin > kMostEntries) probe.run.end = probe.run.begin + kMostEntries;
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
  std::array<std::uint32_t, kCodesAtOnce> near;
  for (std::uint32_t i = 0; i < asked_count_; ++i) {
    const Probe& probe = asked_[i];
    const Code code = query.codes[probe.feature];
    for (std::uint32_t begin = probe.run.begin; begin < probe.run.end; begin += kCodesAtOnce) {
      const std::uint32_t count = std::min(kCodesAtOnce, probe.run.end - begin);
      const std::uint8_t* codes = index_.bytes + index_.layout.rows + index_.shape.width * std::uint64_t{begin};
      const std::size_t found = codes_within(code, codes, index_.shape.width, count, limit, near.data());
      for (std::size_t n = 0; n < found; ++n) {
        const std::uint32_t feature = read_entry(index_, begin + near[n]).feature;
        if (feature >= index_.shape.count) return IndexError::position;
        ask_for_image(index_, feature);
        kernels::prefetch(index_.bytes + index_.layout.stops + feature / 8);
        near_[near_count_++] = {
            feature, static_cast<std::uint16_t>(probe.feature),
            static_cast<std::uint8_t>(code_distance(code, code_at(index_, begin + near[n]), narrow))};
        if (near_count_ < kNearAtOnce) continue;
        if (const IndexError error = resolve(number, hits); error != IndexError::ok) return error;
      }
    }
  }
  return IndexError::ok;
}

IndexError PatchProbe::resolve(std::uint8_t number, std::vector<PatchHit>& hits) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < near_count_; ++i) {
    if (is_stop(index_, near_[i].feature)) continue;
    ask_for_image_row(index_, near_[i].feature);
    near_[kept++] = near_[i];
  }
  for (std::size_t i = 0; i < kept; ++i) {
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
