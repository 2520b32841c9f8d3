#include "core/hamming/bands.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/kernels/near_kernels.hpp"

namespace egide {
namespace {

constexpr int kStride = 3;  // columns from one row of the transform to the next: see permuted()

// Number of 16-bit patterns of exactly k bits: 16 choose k.
constexpr std::uint32_t kPatterns[kBandBits + 1] = {1,     16,   120,  560,  1820, 4368, 8008, 11440, 12870,
                                                    11440, 8008, 4368, 1820, 560,  120,  16,   1};
constexpr std::uint32_t kFlipCount = 1 + 16 + 120 + 560 + 1820;

// Each pattern is an earlier one with one more bit above its highest.
constexpr std::array<std::uint16_t, kFlipCount> make_flips() noexcept {
  std::array<std::uint16_t, kFlipCount> flips{};
  std::size_t next = 1;
  for (std::size_t i = 0; next < kFlipCount; ++i)
    for (int bit = std::bit_width(flips[i]); bit < static_cast<int>(kBandBits); ++bit)
      flips[next++] = static_cast<std::uint16_t>(flips[i] | 1u << bit);
  return flips;
}

std::uint64_t patterns_within(int radius) noexcept {
  std::uint64_t count = 0;
  for (int k = 0; k <= std::min(radius, static_cast<int>(kBandBits)); ++k) count += kPatterns[k];
  return count;
}

// Four rows from number `first` on, each rotated to the right by a stride more than the row before it, or back.
std::uint64_t rows_rotated(std::uint64_t rows, int first, int direction) noexcept {
  std::uint64_t rotated = 0;
  for (int lane = 0; lane < 4; ++lane) {
    const auto row = static_cast<std::uint16_t>(rows >> 16 * lane);
    rotated |= std::uint64_t{std::rotr(row, direction * kStride * (first + lane))} << 16 * lane;
  }
  return rotated;
}

// Exchanges the bits of `high` that lie `shift` above those of `low` under the mask.
void exchange(std::uint64_t& high, std::uint64_t& low, int shift, std::uint64_t mask) noexcept {
  const std::uint64_t differing = (high >> shift ^ low) & mask;
  low ^= differing;
  high ^= differing << shift;
}

// Swaps rows and columns of a 16 x 16 matrix of bits, four rows to a word: blocks of 8, 4, 2 and 1 (Warren, "Hacker's
// Delight", section 7-3).
void transpose(std::uint64_t (&words)[4]) noexcept {
  for (int i = 0; i < 2; ++i) exchange(words[i], words[i + 2], 8, 0x00ff00ff00ff00ffu);
  for (int i = 0; i < 4; i += 2) exchange(words[i], words[i + 1], 4, 0x0f0f0f0f0f0f0f0fu);
  for (std::uint64_t& word : words) {
    exchange(word, word, 30, 0x00000000ccccccccu);
    exchange(word, word, 15, 0x0000aaaa0000aaaau);
  }
}

// Costs in nanoseconds: bench/native/search_bench on an EPYC of family 25, model 17. Only their ratios matter.
constexpr double kProbeCost = 12, kEntryCost = 0.2, kSurvivorCost = 20;
constexpr double kScanCost = 0.5, kScanCostBatched = 0.1, kScanCostBatchedWide = 0.3;

}  // namespace

Bands permuted(const std::uint8_t* hash) noexcept {
  std::uint64_t words[4];
  std::memcpy(words, hash, sizeof words);
  for (int i = 0; i < 4; ++i) words[i] = rows_rotated(words[i], 4 * i, 1);
  transpose(words);
  Bands bands;
  std::memcpy(bands.data(), words, sizeof words);
  return bands;
}

void unpermuted(const Bands& bands, std::uint8_t* hash) noexcept {
  std::uint64_t words[4];
  std::memcpy(words, bands.data(), sizeof words);
  transpose(words);
  for (int i = 0; i < 4; ++i) words[i] = rows_rotated(words[i], 4 * i, -1);
  std::memcpy(hash, words, sizeof words);
}

BandPlan plan_of(std::uint32_t max_distance) noexcept {
  // sum(radius + 1) = max_distance + 1, as even as it goes; those with one more are spread around the ring.
  const std::uint32_t each = (max_distance + 1) / kBands, more = (max_distance + 1) % kBands;
  BandPlan plan;
  for (std::uint32_t i = 0; i < kBands; ++i)
    plan.radius[i] = static_cast<int>(each + (i * more % kBands < more ? 1 : 0)) - 1;
  for (std::uint32_t i = 0; i < kBands; ++i) plan.with_tag[i] = plan.radius[i] + plan.radius[(i + 1) % kBands] + 1;
  return plan;
}

std::span<const std::uint16_t> flips() noexcept {
  static constexpr std::array<std::uint16_t, kFlipCount> all = make_flips();
  return all;
}

std::uint32_t flips_within(int radius) noexcept { return static_cast<std::uint32_t>(patterns_within(radius)); }

bool bands_pay(std::uint32_t max_distance, std::uint64_t count, std::size_t queries, bool tags) noexcept {
  const BandPlan plan = plan_of(max_distance);
  double probes = 0, survivors = 0;
  for (std::uint32_t i = 0; i < kBands; ++i) {
    probes += static_cast<double>(patterns_within(plan.radius[i]));
    for (int k = 0; k <= plan.radius[i]; ++k)
      survivors += static_cast<double>(kPatterns[k]) * static_cast<double>(patterns_within(plan.with_tag[i] - k));
  }
  const double n = static_cast<double>(count), entries = probes * n / kBandKeys;
  survivors = tags ? survivors * n / (static_cast<double>(kBandKeys) * kBandKeys) : entries;
  const double alone = kScanCost / static_cast<double>(std::max<std::size_t>(queries, 1));
  const double batched = max_distance <= kernels::kNearHalfTells ? kScanCostBatched : kScanCostBatchedWide;
  return probes * kProbeCost + entries * kEntryCost + survivors * kSurvivorCost < n * std::max(alone, batched);
}

}  // namespace egide
