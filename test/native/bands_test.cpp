// The permutation, and the argument that no hash within the radius escapes the bands.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <vector>

#include "core/hamming/bands.hpp"
#include "pictures.hpp"

namespace {

using egide::Bands;
using egide::kBandBits;
using egide::kBands;
using Hash = std::array<std::uint8_t, egide::kPdqBytes>;

Hash random_hash(std::uint32_t& seed) {
  Hash hash;
  for (std::uint8_t& byte : hash) byte = static_cast<std::uint8_t>(egide::test::xorshift(seed) >> 24);
  return hash;
}

void turn(Hash& hash, std::uint32_t bit) { hash[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8); }

bool bit_of(const Hash& hash, std::uint32_t bit) { return (hash[bit / 8] >> bit % 8 & 1) != 0; }

int distance(const Hash& a, const Hash& b) {
  int bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) bits += std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
  return bits;
}

std::array<int, kBands> differing(const Bands& a, const Bands& b) {
  std::array<int, kBands> bits;
  for (std::size_t i = 0; i < kBands; ++i) bits[i] = std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
  return bits;
}

// Whether a band leads from the query to the hash: its key is near enough, and key and tag together are.
bool leads(const egide::BandPlan& plan, std::size_t band, int key, int tag) {
  return key <= plan.radius[band] && key + tag <= plan.with_tag[band];
}

bool found(const egide::BandPlan& plan, const std::array<int, kBands>& bits) {
  for (std::size_t i = 0; i < kBands; ++i)
    if (leads(plan, i, bits[i], bits[(i + 1) % kBands])) return true;
  return false;
}

// The fewest bits in which a hash can differ that no band leads to: over every way to spread bits over the ring, by
// going around it once for each count of bits in band 0 and keeping the best for each count in the band reached.
int nearest_escape(const egide::BandPlan& plan) {
  constexpr int kMost = kBandBits, kNone = std::numeric_limits<int>::max() / 2;
  int nearest = kNone;
  for (int first = 0; first <= kMost; ++first) {
    std::array<int, kMost + 1> fewest;
    fewest.fill(kNone);
    fewest[static_cast<std::size_t>(first)] = first;
    for (std::size_t band = 0; band < kBands; ++band) {
      const bool last = band + 1 == kBands;
      std::array<int, kMost + 1> next;
      next.fill(kNone);
      for (int key = 0; key <= kMost; ++key)
        for (int tag = last ? first : 0; tag <= (last ? first : kMost); ++tag) {
          if (leads(plan, band, key, tag)) continue;
          int& best = next[static_cast<std::size_t>(tag)];
          best = std::min(best, fewest[static_cast<std::size_t>(key)] + (last ? 0 : tag));
        }
      fewest = next;
    }
    nearest = std::min(nearest, fewest[static_cast<std::size_t>(first)]);
  }
  return nearest;
}

}  // namespace

TEST_CASE("bit r of band j is bit (j + 3r) mod 16 of word r") {
  for (std::uint32_t r = 0; r < kBands; ++r)
    for (std::uint32_t j = 0; j < kBands; ++j) {
      Hash hash{};
      turn(hash, 16 * r + (j + 3 * r) % 16);
      Bands expected{};
      expected[j] = static_cast<std::uint16_t>(1u << r);
      CHECK(egide::permuted(hash.data()) == expected);
    }
  std::uint32_t seed = 11;
  for (int round = 0; round < 200; ++round) {
    const Hash hash = random_hash(seed);
    Bands expected{};
    for (std::uint32_t r = 0; r < kBands; ++r)
      for (std::uint32_t j = 0; j < kBands; ++j)
        if (bit_of(hash, 16 * r + (j + 3 * r) % 16)) expected[j] |= static_cast<std::uint16_t>(1u << r);
    CHECK(egide::permuted(hash.data()) == expected);
  }
}

TEST_CASE("permuting is undone, at any address, and keeps distances") {
  std::uint32_t seed = 12;
  for (std::size_t round = 0; round < 500; ++round) {
    const Hash a = random_hash(seed), b = random_hash(seed);
    std::array<std::uint8_t, egide::kPdqBytes + 8> place{}, back{};
    std::copy(a.begin(), a.end(), place.begin() + round % 8);
    const Bands bands = egide::permuted(place.data() + round % 8);
    egide::unpermuted(bands, back.data() + round % 8);
    CHECK(back == place);
    const auto bits = differing(bands, egide::permuted(b.data()));
    CHECK(std::accumulate(bits.begin(), bits.end(), 0) == distance(a, b));
  }
}

TEST_CASE("a plan spends its radius exactly, as evenly as it can, and within the bits that can be turned") {
  for (std::uint32_t radius = 0; radius <= egide::kMaxBandedRadius; ++radius) {
    CAPTURE(radius);
    const egide::BandPlan plan = egide::plan_of(radius);
    int sum = 0;
    for (std::size_t i = 0; i < kBands; ++i) {
      sum += plan.radius[i] + 1;
      CHECK(plan.with_tag[i] == plan.radius[i] + plan.radius[(i + 1) % kBands] + 1);
    }
    CHECK(sum == static_cast<int>(radius) + 1);
    const auto [least, most] = std::minmax_element(plan.radius.begin(), plan.radius.end());
    CHECK(*most - *least <= 1);
    const auto [least_pair, most_pair] = std::minmax_element(plan.with_tag.begin(), plan.with_tag.end());
    CHECK(*most_pair - *least_pair <= 1);  // bands with one bit more do not stand together
    CHECK(*least >= -1);
    CHECK(*most <= static_cast<int>(egide::kMaxFlips));
  }
  CHECK(egide::plan_of(0).radius[0] == 0);  // one probe for an equal hash
}

TEST_CASE("no way to spread at most R bits over the ring escapes the bands, and one of R + 1 does") {
  for (std::uint32_t radius = 0; radius <= egide::kMaxBandedRadius; ++radius) {
    CAPTURE(radius);
    CHECK(nearest_escape(egide::plan_of(radius)) == static_cast<int>(radius) + 1);
  }
}

TEST_CASE("some band leads to every hash within the radius") {
  std::uint32_t seed = 13;
  std::vector<std::uint32_t> places(256);
  std::iota(places.begin(), places.end(), 0u);
  for (std::uint32_t radius = 0; radius <= egide::kMaxBandedRadius; ++radius) {
    const egide::BandPlan plan = egide::plan_of(radius);
    int missed = 0;
    for (std::uint32_t d = 0; d <= radius; ++d)
      for (int round = 0; round < 8; ++round) {
        const Hash query = random_hash(seed);
        Hash hash = query;
        // The first d of a shuffled list: different bits, so the distance is d.
        for (std::uint32_t i = 0; i < d; ++i) {
          std::swap(places[i], places[i + egide::test::xorshift(seed) % (256 - i)]);
          turn(hash, places[i]);
        }
        REQUIRE(distance(query, hash) == static_cast<int>(d));
        missed += !found(plan, differing(egide::permuted(query.data()), egide::permuted(hash.data())));
      }
    // A hash whose every band is one bit too far is at R + 1, and no band leads to it.
    const Hash query = random_hash(seed);
    Bands escaping = egide::permuted(query.data());
    for (std::size_t i = 0; i < kBands; ++i)
      escaping[i] ^= static_cast<std::uint16_t>((1u << (plan.radius[i] + 1)) - 1u);
    Hash hash;
    egide::unpermuted(escaping, hash.data());
    CAPTURE(radius);
    CHECK(missed == 0);
    CHECK(distance(query, hash) == static_cast<int>(radius) + 1);
    CHECK_FALSE(found(plan, differing(egide::permuted(query.data()), egide::permuted(hash.data()))));
  }
}

TEST_CASE("the flips are every pattern of at most four bits, once, fewest bits first") {
  const auto flips = egide::flips();
  std::vector<bool> seen(egide::kBandKeys);
  for (std::size_t i = 0; i < flips.size(); ++i) {
    CHECK_FALSE(seen[flips[i]]);
    seen[flips[i]] = true;
    if (i > 0) CHECK(std::popcount(flips[i - 1]) <= std::popcount(flips[i]));
  }
  // 16 choose 0, 1 ... 4, summed up.
  constexpr std::uint32_t kWithin[] = {1, 17, 137, 697, 2517};
  CHECK(flips.size() == kWithin[egide::kMaxFlips]);
  CHECK(egide::flips_within(-1) == 0);
  for (std::uint32_t radius = 0; radius <= egide::kMaxFlips; ++radius) {
    CAPTURE(radius);
    CHECK(egide::flips_within(static_cast<int>(radius)) == kWithin[radius]);
    CHECK(std::popcount(flips[kWithin[radius] - 1]) == static_cast<int>(radius));
  }
}

TEST_CASE("bands pay for a narrow radius in many hashes, and not for a wide one in few") {
  CHECK(egide::bands_pay(31, 1'000'000, 1, true));
  CHECK(egide::bands_pay(31, 1'000'000, 1000, true));
  CHECK_FALSE(egide::bands_pay(31, 1'000, 1, true));
  CHECK_FALSE(egide::bands_pay(64, 40'000, 1, true));
  CHECK_FALSE(egide::bands_pay(0, 0, 1, true));
  CHECK_FALSE(egide::bands_pay(31, 0, 0, true));
}

TEST_CASE("bands without tags pay for a narrow radius only, as each entry is looked up") {
  CHECK(egide::bands_pay(31, 1'000'000, 1, false));
  CHECK(egide::bands_pay(47, 1'000'000, 1, true));
  CHECK_FALSE(egide::bands_pay(47, 1'000'000, 1, false));
  CHECK_FALSE(egide::bands_pay(63, 10'000'000, 8, false));
}
