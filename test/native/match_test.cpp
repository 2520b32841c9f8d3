#include <doctest/doctest.h>

#include <algorithm>
#include <bit>

#include "core/patch/match.hpp"
#include "core/patch/nearest.hpp"
#include "patch_worlds.hpp"

using egide::Code;
using egide::match_reference;
using egide::Patches;
using egide::PatchMatch;
using egide::Query;
using egide::Reference;
using egide::Tier;
using egide::test::flipped;
using egide::test::greatest_error;
using egide::test::Random;
using egide::test::similarity_of;
using egide::test::World;

namespace {

const egide::Matrix kTruth = similarity_of(0.7, 0.5, 150, -80);

// Both sides of a comparison: the world's partners have codes that are up to `flips` bits apart.
struct Sides {
  Query query;
  Reference reference;

  Sides(std::uint32_t seed, std::uint32_t copied, std::uint32_t strangers, std::uint32_t flips = 16) {
    const World world(seed, kTruth, copied, strangers, 0.5);
    Random random{seed};
    query.width = 800, query.height = 600, query.places = world.query;
    reference.width = 640, reference.height = 480, reference.places = world.reference;
    for (std::uint32_t i = 0; i < world.query.size(); ++i) {
      query.codes.push_back(random.code());
      reference.codes.push_back(i < copied ? flipped(random, query.codes[i], random.bits() % (flips + 1))
                                           : random.code());
    }
    reference.stops.assign(reference.codes.size(), 0);
  }

  PatchMatch match() const { return match_reference(Patches{}, query, reference, 1e6, 2); }
};

std::uint32_t slow_distance(const Code& a, const Code& b, bool narrow) {
  int bits = std::popcount(a.words[0] ^ b.words[0]);
  if (!narrow) bits += std::popcount(a.words[1] ^ b.words[1]);
  return static_cast<std::uint32_t>(bits);
}

}  // namespace

TEST_CASE("the two nearest codes are those, ties by number, whatever the radius") {
  Random random{3};
  std::vector<Code> codes;
  const Code asked = random.code();
  for (int i = 0; i < 300; ++i) codes.push_back(flipped(random, asked, random.bits() % 60));
  for (const bool narrow : {false, true})
    for (std::uint32_t radius = 0; radius <= 128; ++radius) {
      std::vector<std::pair<std::uint32_t, std::uint32_t>> expected;
      for (std::uint32_t i = 0; i < codes.size(); ++i)
        if (const std::uint32_t d = slow_distance(asked, codes[i], narrow); d <= radius) expected.push_back({d, i});
      std::ranges::sort(expected);
      expected.resize(std::min<std::size_t>(expected.size(), 2));
      egide::NearCode got[2];
      REQUIRE(egide::two_nearest(asked, codes, radius, narrow, got) == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(got[i].distance == expected[i].first);
        CHECK(got[i].code == expected[i].second);
      }
    }
}

TEST_CASE("a copy is confirmed, with wide codes and with narrow ones") {
  Sides sides(5, 60, 200);
  for (const bool narrow : {false, true}) {
    sides.reference.narrow = narrow;
    const PatchMatch found = sides.match();
    CAPTURE(narrow);
    CHECK(found.tier == Tier::confirmed);
    CHECK(found.distinctive >= 35);
    CHECK(found.distinctive <= found.geometry.independent);
    CHECK(greatest_error(found.geometry.matrix, kTruth) < 1);
    CHECK(found.agreement == -1);
    for (const std::uint32_t inlier : found.geometry.inliers) REQUIRE(inlier < found.correspondences.size());
  }
}

TEST_CASE("the fewer features agree, the lower the tier") {
  CHECK(Sides(7, 20, 200, 4).match().tier == Tier::confirmed);
  CHECK(Sides(7, 8, 200, 4).match().tier == Tier::probable);
  CHECK(Sides(7, 4, 200, 4).match().tier == Tier::weak);
  CHECK(Sides(7, 3, 200, 4).match().tier == Tier::none);
}

TEST_CASE("unrelated pictures do not match") {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    const PatchMatch found = Sides(seed, 0, 400).match();
    CHECK(found.tier == Tier::none);
    CHECK(found.distinctive == 0);
  }
}

TEST_CASE("stop features take part in the geometry and prove nothing") {
  Sides sides(9, 40, 100);
  std::fill_n(sides.reference.stops.begin(), 40, std::uint8_t{1});
  const PatchMatch found = sides.match();
  CHECK(found.geometry.inliers.size() >= 35);
  CHECK(found.distinctive == 0);
  CHECK(found.tier == Tier::none);
}

TEST_CASE("a texture that repeats agrees with itself and proves nothing") {
  Sides sides(11, 60, 0, 0);
  Random random{11};
  const Code tile = random.code();
  for (std::size_t i = 0; i < 60; ++i)
    sides.query.codes[i] = flipped(random, tile, 2), sides.reference.codes[i] = flipped(random, tile, 2);
  const PatchMatch found = sides.match();
  CHECK(found.distinctive == 0);
  CHECK(found.tier == Tier::none);
}

TEST_CASE("sides without features do not match") {
  CHECK(Sides(13, 0, 0).match().tier == Tier::none);
  Sides sides(13, 20, 0);
  sides.query.codes.clear(), sides.query.places.clear();
  CHECK(sides.match().tier == Tier::none);
}
