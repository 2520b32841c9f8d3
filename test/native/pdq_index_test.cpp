// Every search of every index finds exactly what comparing every hash finds.
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <numeric>
#include <string_view>

#include "core/hamming/pdq_build.hpp"
#include "indexes.hpp"
#include "pictures.hpp"

namespace {

using namespace egide::test;
using egide::Index;
using egide::IndexError;
using egide::IndexShape;
using egide::kPdqBytes;
using Hashes = std::vector<std::uint8_t>;

constexpr std::uint32_t kRadii[] = {0, 1, 7, 15, 16, 23, 31, 32, 47, 63, 64, 65, 100, 256};

// A hash at exactly `distance` bits of another.
Hashes at_distance(const std::uint8_t* hash, std::uint32_t distance, std::uint32_t& seed) {
  Hashes out(hash, hash + kPdqBytes);
  std::vector<std::uint32_t> places(256);
  std::iota(places.begin(), places.end(), 0u);
  for (std::uint32_t i = 0; i < distance; ++i) {
    std::swap(places[i], places[i + xorshift(seed) % (256 - i)]);
    out[places[i] / 8] ^= static_cast<std::uint8_t>(1u << places[i] % 8);
  }
  return out;
}

// `count` hashes, each within `bits` of one of `bases`.
Hashes around(const Hashes& bases, std::size_t count, std::uint32_t bits, std::uint32_t& seed) {
  Hashes hashes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t base = xorshift(seed) % (bases.size() / kPdqBytes);
    const Hashes hash = at_distance(bases.data() + kPdqBytes * base, bits == 0 ? 0 : xorshift(seed) % bits, seed);
    hashes.insert(hashes.end(), hash.begin(), hash.end());
  }
  return hashes;
}

Hashes hashes_of(std::string_view kind, std::size_t count, std::uint32_t seed) {
  if (kind == "uniform") return random_hashes(count, seed);
  if (kind == "clustered") return around(random_hashes(count / 40 + 1, seed + 1), count, 40, seed);
  if (kind == "all equal") return around(random_hashes(1, seed + 1), count, 0, seed);
  if (kind == "few") return around(random_hashes(5, seed + 1), count, 0, seed);
  Hashes extremes(kPdqBytes, 0);
  extremes.resize(2 * kPdqBytes, 0xff);
  return around(extremes, count, 2, seed);
}

// Hashes planted at the radius and one bit beyond, one that is there, and some that have nothing to do with any.
Hashes queries_for(const Hashes& hashes, std::uint32_t radius, std::uint32_t seed) {
  Hashes queries = random_hashes(2, seed);
  for (const std::uint8_t byte : {0x00, 0xff}) queries.insert(queries.end(), kPdqBytes, byte);
  const std::size_t count = hashes.size() / kPdqBytes;
  for (const std::uint32_t distance : {0u, radius, radius, radius + 1}) {
    if (count == 0 || distance > 256) continue;
    const Hashes planted = at_distance(hashes.data() + kPdqBytes * (xorshift(seed) % count), distance, seed);
    queries.insert(queries.end(), planted.begin(), planted.end());
  }
  return queries;
}

Index opened(const AlignedBytes& bytes) {
  Index index;
  REQUIRE(egide::read_index(bytes, index) == IndexError::ok);
  return index;
}

IndexShape banded(std::uint64_t count, bool ids, bool tags) {
  return {egide::IndexKind::pdq, kPdqBytes, count, egide::kBandBits, ids, tags};
}

IndexShape unbanded(std::uint64_t count, bool ids) { return {egide::IndexKind::pdq, kPdqBytes, count, 0, ids, false}; }

void check_search(const Index& index, const Hashes& queries, std::uint32_t radius, const BruteForce& truth,
                  std::span<const egide::SearchKernels> all_kernels) {
  const std::size_t room = truth.within(radius) + 1;
  for (const egide::SearchKernels& kernels : all_kernels) {
    CAPTURE(kernels.scan.name);
    CAPTURE(kernels.tags.name);
    CHECK(truth.wrong_with(searched(index, queries, radius, kernels, room), radius, index.shape.ids) == "");
    if (index.shape.directory_bits == 0 || radius > egide::kMaxBandedRadius) continue;
    if (!egide::scans(index, radius, queries.size() / kPdqBytes)) continue;  // the bands have just answered
    CHECK(truth.wrong_with(searched_by_bands(index, queries, radius, kernels, room), radius, index.shape.ids) == "");
  }
}

void check_searches(std::string_view kind, const std::vector<IndexShape>& shapes) {
  const Hashes hashes = hashes_of(kind, shapes.front().count, 21);
  std::vector<AlignedBytes> indexes;
  for (const IndexShape& shape : shapes) indexes.push_back(built(shape, hashes));
  const auto all_kernels = every_kernel();
  for (const std::uint32_t radius : kRadii) {
    // Many hashes take their time: there every kernel has its turn, and all of them at 31 bits.
    const bool all = shapes.front().count <= 1000 || radius == 31;
    const auto kernels = all ? std::span(all_kernels) : std::span(all_kernels).subspan(radius % all_kernels.size(), 1);
    const Hashes queries = queries_for(hashes, radius, 22 + radius);
    const BruteForce truth(queries, hashes);
    for (const AlignedBytes& bytes : indexes) {
      const Index index = opened(bytes);
      CAPTURE(kind);
      CAPTURE(index.shape.count);
      CAPTURE(index.shape.directory_bits);
      CAPTURE(index.shape.ids);
      CAPTURE(index.shape.tags);
      CAPTURE(radius);
      check_search(index, queries, radius, truth, kernels);
    }
  }
}

}  // namespace

TEST_CASE("a search of few hashes finds what brute force finds, with bands and without") {
  for (const std::uint64_t count : {1, 2, 31, 32, 33})
    check_searches("uniform", {unbanded(count, true), banded(count, false, true), banded(count, true, false)});
  for (const char* kind : {"uniform", "clustered", "all equal", "few", "zeros and ones"})
    check_searches(kind, {unbanded(1000, false), unbanded(1000, true), banded(1000, false, false),
                          banded(1000, false, true), banded(1000, true, false), banded(1000, true, true)});
}

TEST_CASE("the bands find what brute force finds at every radius that they serve") {
  const Hashes hashes = hashes_of("clustered", 1000, 25);
  const AlignedBytes with_tags = built(banded(1000, false, true), hashes),
                     lean = built(banded(1000, true, false), hashes);
  for (std::uint32_t radius = 0; radius <= egide::kMaxBandedRadius; ++radius) {
    CAPTURE(radius);
    const Hashes queries = queries_for(hashes, radius, 26 + radius);
    const BruteForce truth(queries, hashes);
    for (const AlignedBytes* bytes : {&with_tags, &lean})
      check_search(opened(*bytes), queries, radius, truth, std::array{egide::search_kernels()});
  }
}

TEST_CASE("a hash that one band alone leads to is found, whichever band and radius it is") {
  std::uint32_t seed = 27;
  const Hashes query = random_hashes(1, seed);
  const egide::Bands bands = egide::permuted(query.data());
  Hashes hashes;
  for (std::uint32_t radius = 0; radius <= egide::kMaxBandedRadius; ++radius) {
    const egide::BandPlan plan = egide::plan_of(radius);
    for (std::size_t only = 0; only < egide::kBands; ++only) {
      if (plan.radius[only] < 0) continue;
      // One bit too many in every other band makes exactly the radius.
      egide::Bands turned = bands;
      for (std::size_t band = 0; band < egide::kBands; ++band) {
        const std::uint32_t bits = static_cast<std::uint32_t>(plan.radius[band]) + (band == only ? 0 : 1);
        const auto pattern =
            std::rotl(static_cast<std::uint16_t>((1u << bits) - 1), static_cast<int>(xorshift(seed) % 16));
        turned[band] = static_cast<std::uint16_t>(bands[band] ^ pattern);
      }
      hashes.resize(hashes.size() + kPdqBytes);
      egide::unpermuted(turned, hashes.data() + hashes.size() - kPdqBytes);
      REQUIRE(distance_of(query.data(), hashes.data() + hashes.size() - kPdqBytes) == radius);
    }
  }
  const AlignedBytes bytes = built(banded(hashes.size() / kPdqBytes, false, true), hashes);
  const BruteForce truth(query, hashes);
  for (std::uint32_t radius = 0; radius <= egide::kMaxBandedRadius; ++radius) {
    CAPTURE(radius);
    check_search(opened(bytes), query, radius, truth, std::array{egide::search_kernels()});
  }
}

TEST_CASE("an index of no hashes finds nothing") {
  for (const bool ids : {false, true}) check_searches("uniform", {unbanded(0, ids)});
}

TEST_CASE("a search of many hashes finds what brute force finds, at every width of a position") {
  using egide::pdq_shape;
  check_searches("clustered", {pdq_shape(egide::kBandedFrom - 1, true, true)});
  check_searches("clustered", {pdq_shape(egide::kBandedFrom, true, true), pdq_shape(egide::kBandedFrom, false, false)});
  check_searches("uniform", {pdq_shape(40'000, true, false)});
  check_searches("all equal", {pdq_shape(40'000, true, true)});
  check_searches("zeros and ones", {pdq_shape(40'000, false, false)});
  for (const char* kind : {"uniform", "clustered"})
    check_searches(kind, {pdq_shape(70'000, true, true), pdq_shape(70'000, false, false)});
}

TEST_CASE("a position of four bytes, as 16,777,217 hashes have, is written and read like the others") {
  const Hashes hashes = hashes_of("clustered", 1000, 23);
  const IndexShape shape = banded(1000, false, true);
  egide::IndexLayout layout = egide::layout_of(shape);
  layout.total += egide::kBands * (4 - layout.position_bytes) * layout.band_entries;
  layout.position_bytes = 4;
  AlignedBytes bytes(layout.total, kRubbish), scratch(egide::pdq_build_scratch_bytes(shape), kRubbish);
  const egide::IndexTarget target{shape, layout, bytes.data(), scratch.data()};
  egide::PdqBuild build;
  egide::pdq_build_add(build, target, hashes, 0);
  while (egide::pdq_build_left(build, target) > 0) egide::pdq_build_step(build, target, 333);
  const Index index{shape, layout, bytes.data()};
  for (const std::uint32_t radius : {0u, 31u, 64u}) {
    const Hashes queries = queries_for(hashes, radius, 24 + radius);
    check_search(index, queries, radius, BruteForce(queries, hashes), every_kernel());
  }
}

TEST_CASE("any number of queries at once is answered as each alone would be") {
  const Hashes hashes = hashes_of("clustered", 40'000, 31);
  const AlignedBytes bytes = built(egide::pdq_shape(40'000, true, true), hashes);
  const Index index = opened(bytes);
  std::uint32_t seed = 32;
  for (const std::size_t count : {0, 1, 3, 16, 128, 129, 300}) {
    const Hashes queries = around(hashes, count, 60, seed);
    const BruteForce truth(queries, hashes);
    for (const std::uint32_t radius : {0u, 31u, 80u}) {
      CAPTURE(count);
      CAPTURE(radius);
      const std::size_t room = truth.within(radius);
      const egide::SearchKernels kernels = egide::search_kernels();
      CHECK(truth.wrong_with(searched(index, queries, radius, kernels, room), radius, true) == "");
      if (radius > egide::kMaxBandedRadius || count == 0) continue;
      CHECK(truth.wrong_with(searched_by_bands(index, queries, radius, kernels, room), radius, true) == "");
    }
  }
  CHECK_FALSE(egide::scans(index, 31, 1));  // so both ways were taken
  CHECK(egide::scans(index, 80, 1));
}

TEST_CASE("hits that do not fit are counted, and nothing is written beyond those that do") {
  const Hashes hashes = hashes_of("clustered", 40'000, 41);
  const AlignedBytes bytes = built(egide::pdq_shape(40'000, true, true), hashes);
  const Index index = opened(bytes);
  std::uint32_t seed = 42;
  const Hashes queries = around(hashes, 130, 3, seed);  // two groups
  const BruteForce truth(queries, hashes);
  for (const std::uint32_t radius : {31u, 100u}) {
    const std::uint64_t found = truth.within(radius);
    REQUIRE(found > 400);
    const egide::SearchKernels kernels = egide::search_kernels();
    const Answer all = searched(index, queries, radius, kernels, found);
    CHECK(truth.wrong_with(all, radius, true) == "");
    for (const std::uint64_t room : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{99}, found / 2, found - 1}) {
      CAPTURE(radius);
      CAPTURE(room);
      const Answer some = searched(index, queries, radius, kernels, room);
      CHECK(truth.wrong_with(some, radius, true) == "");
      const auto same = [](const egide::HammingHit& a, const egide::HammingHit& b) {
        return a.query == b.query && a.position == b.position && a.distance == b.distance;
      };
      CHECK(std::equal(some.hits.begin(), some.hits.end(), all.hits.begin(), same));
    }
  }
}

TEST_CASE("rows are read back as they were given, with their ids, from any of them on") {
  for (const std::uint64_t count : {0, 1, 33, 1000}) {
    const Hashes hashes = hashes_of("uniform", count, 51);
    for (const bool ids : {false, true}) {
      const AlignedBytes bytes = built(unbanded(count, ids), hashes);
      const Index index = opened(bytes);
      for (const std::uint64_t first :
           {std::uint64_t{0}, std::uint64_t{1}, count / 2, count, count + 1, ~std::uint64_t{0}})
        for (const std::size_t room : {0, 1, 7, 2000}) {
          CAPTURE(count);
          CAPTURE(first);
          CAPTURE(room);
          const std::uint64_t read = std::min<std::uint64_t>(room, count - std::min(first, count));
          Hashes got(kPdqBytes * room, kRubbish), expected(got);
          std::vector<std::uint32_t> got_ids(room, kRubbish), expected_ids(got_ids);
          for (std::uint64_t i = 0; i < read; ++i) {
            std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(kPdqBytes * (first + i)), kPdqBytes,
                        expected.begin() + static_cast<std::ptrdiff_t>(kPdqBytes * i));
            expected_ids[i] = ids ? id_at(first + i) : static_cast<std::uint32_t>(first + i);
          }
          egide::pdq_index_read(index, first, got, got_ids);
          CHECK(got == expected);
          CHECK(got_ids == expected_ids);
        }
    }
  }
}

TEST_CASE("an index has bands from a certain size on, and tags only with bands") {
  for (const bool ids : {false, true})
    for (const bool tags : {false, true}) {
      const IndexShape small = egide::pdq_shape(egide::kBandedFrom - 1, ids, tags);
      const IndexShape large = egide::pdq_shape(egide::kBandedFrom, ids, tags);
      CHECK(small.directory_bits == 0);
      CHECK(large.directory_bits == egide::kBandBits);
      CHECK_FALSE(small.tags);
      CHECK(large.tags == tags);
      CHECK(small.ids == ids);
      CHECK(large.ids == ids);
      CHECK(egide::valid(small));
      CHECK(egide::valid(large));
    }
}
