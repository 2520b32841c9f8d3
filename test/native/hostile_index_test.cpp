// Indexes that were made to do harm: their checksums hold, but what they say does not. A search reads nothing outside,
// and says so rather than answering with less than there is.
#include <doctest/doctest.h>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "indexes.hpp"

namespace {

using namespace egide::test;
using egide::IndexError;
using egide::kBands;
using egide::kBandStarts;
using egide::kPdqBytes;

// An index with bands, and its hashes; what is changed in it can be put back.
struct Target {
  Target(std::uint64_t count, bool tags)
      : hashes(random_hashes(count, 81)),
        bytes(built({egide::IndexKind::pdq, kPdqBytes, count, egide::kBandBits, false, tags}, hashes)),
        intact(bytes) {
    REQUIRE(egide::read_index(bytes, index) == IndexError::ok);
  }

  void restore() { std::memcpy(bytes.data(), intact.data(), bytes.size()); }

  void set_start(std::uint64_t i, std::uint32_t value) {
    egide::write_number(bytes.data() + index.layout.directory + 4 * i, value);
  }

  void set_position(std::uint32_t band, std::uint64_t entry, std::uint32_t value) {
    const std::uint64_t at = band * index.layout.band_entries + entry;
    std::memcpy(bytes.data() + index.layout.positions + index.layout.position_bytes * at, &value,
                index.layout.position_bytes);
  }

  // Makes every checksum right again.
  void seal() {
    const auto body = std::span(bytes).subspan(egide::kIndexHeaderBytes);
    const auto directory = body.first(index.layout.rows - egide::kIndexHeaderBytes);
    egide::write_header(bytes, index.shape, {egide::checksum_of(directory), egide::checksum_of(body)});
  }

  std::span<const std::uint8_t> hash(std::size_t i) const {
    return std::span(hashes).subspan(kPdqBytes * i, kPdqBytes);
  }

  IndexError search(std::span<const std::uint8_t> queries, std::uint32_t radius) const {
    return searched_by_bands(index, queries, radius, egide::search_kernels(), 100).error;
  }

  std::vector<std::uint8_t> hashes;
  AlignedBytes bytes, intact;
  egide::Index index;
};

}  // namespace

TEST_CASE("a bucket that is out of order or out of range is an error of the directory, on opening and when it is met") {
  Target target(1000, true);
  const auto count = static_cast<std::uint32_t>(target.index.shape.count);
  const auto query = target.hash(17);
  const egide::Bands bands = egide::permuted(query.data());
  struct {
    std::uint32_t begin, end;
  } const kBuckets[] = {{1, 0},          {count, count - 1}, {0, count + 1},           {count + 1, count + 1},
                        {0, 0xffffffff}, {0xffffffff, 0},    {0xfffffffe, 0xffffffff}, {0xffffffff, 0xffffffff}};
  for (std::uint32_t band = 0; band < kBands; ++band)
    for (const auto& bucket : kBuckets) {
      CAPTURE(band);
      CAPTURE(bucket.begin);
      CAPTURE(bucket.end);
      const std::uint64_t at = std::uint64_t{band} * kBandStarts + bands[band];
      const std::uint32_t begin = target.index.start(at), end = target.index.start(at + 1);
      target.set_start(at, bucket.begin), target.set_start(at + 1, bucket.end);
      for (const std::uint32_t radius : {15u, 31u}) CHECK(target.search(query, radius) == IndexError::directory);
      CHECK(egide::check_directory(target.index) == IndexError::directory);
      target.set_start(at, begin), target.set_start(at + 1, end);
    }
  CHECK(target.search(query, 31) == IndexError::ok);
  std::fill_n(target.bytes.begin() + egide::kIndexHeaderBytes, 4 * kBands * kBandStarts, std::uint8_t{0xff});
  CHECK(target.search(query, 31) == IndexError::directory);
}

TEST_CASE("a directory that is wrong anywhere is found on opening, though its checksum holds") {
  Target target(1000, true);
  std::uint32_t seed = 82;
  for (std::uint32_t band = 0; band < kBands; ++band) {
    const std::uint64_t first = std::uint64_t{band} * kBandStarts, last = first + kBandStarts - 1;
    CAPTURE(band);
    const auto check = [&](std::uint64_t at, std::uint32_t value) {
      const std::uint32_t before = target.index.start(at);
      target.set_start(at, value);
      target.seal();
      CHECK(egide::check_directory(target.index) == IndexError::directory);
      target.set_start(at, before);
    };
    check(first, 1);
    check(last, 999);
    check(last, 1001);
    const std::uint64_t between = first + 1 + xorshift(seed) % (kBandStarts - 2);
    check(between, 1001);
    check(between, 0xffffffff);
  }
  target.seal();
  CHECK((target.bytes == target.intact));
}

TEST_CASE("a position beyond the rows is an error when it is met, in any band, with tags and without") {
  for (const bool tags : {false, true})
    for (const std::uint64_t count : {std::uint64_t{1000}, std::uint64_t{70'000}}) {
      Target target(count, tags);
      const auto query = target.hash(17);
      const egide::Bands bands = egide::permuted(query.data());
      for (std::uint32_t band = 0; band < kBands; ++band)
        for (const std::uint32_t wrong : {static_cast<std::uint32_t>(count), 0xffffffffu}) {
          CAPTURE(tags);
          CAPTURE(count);
          CAPTURE(band);
          CAPTURE(wrong);
          const std::uint64_t at = std::uint64_t{band} * kBandStarts + bands[band];
          const std::uint32_t begin = target.index.start(at), end = target.index.start(at + 1);
          for (std::uint32_t entry = begin; entry < end; ++entry) target.set_position(band, entry, wrong);
          CHECK(target.search(query, 31) == IndexError::position);
          target.restore();
        }
    }
}

TEST_CASE("an error met for some queries is not forgotten over the others") {
  Target target(1000, true);
  const auto queries = std::span(target.hashes).first(200 * kPdqBytes);  // more than go through the index together
  REQUIRE_FALSE(egide::scans(target.index, 0, 200));
  const egide::BandPlan plan = egide::plan_of(0);
  for (const std::size_t damaged : {0, 127, 128, 199}) {
    CAPTURE(damaged);
    for (std::uint32_t band = 0; band < kBands; ++band) {
      if (plan.radius[band] < 0) continue;
      const egide::Bands bands = egide::permuted(target.hash(damaged).data());
      target.set_start(std::uint64_t{band} * kBandStarts + bands[band] + 1, 1001);
    }
    const Answer answer = searched(target.index, queries, 0, egide::search_kernels(), 200);
    CHECK(answer.error == IndexError::directory);
    target.restore();
  }
  CHECK(searched(target.index, queries, 0, egide::search_kernels(), 200).found == 200);
}

TEST_CASE("no damage, however wild, makes a search read outside or find what is not there") {
  for (const std::uint64_t count : {std::uint64_t{33}, std::uint64_t{1000}, std::uint64_t{70'000}}) {
    Target target(count, count != 1000);
    const egide::IndexLayout& layout = target.index.layout;
    const std::vector<std::uint8_t> queries(target.hashes.begin(), target.hashes.begin() + 4 * kPdqBytes);
    const BruteForce truth(queries, target.hashes);
    const std::uint64_t sections[][2] = {{layout.directory, layout.rows}, {layout.tags, layout.total}};
    std::uint32_t seed = 83;
    int errors = 0;
    for (int round = 0; round < 60; ++round) {
      const auto& [begin, end] = sections[xorshift(seed) % 2];
      if (round % 10 == 0) {  // all of it
        std::fill(target.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                  target.bytes.begin() + static_cast<std::ptrdiff_t>(end), static_cast<std::uint8_t>(xorshift(seed)));
      } else {
        for (int i = 0; i < 4000; ++i)
          target.bytes[begin + xorshift(seed) % (end - begin)] = static_cast<std::uint8_t>(xorshift(seed));
      }
      CAPTURE(count);
      CAPTURE(round);
      for (const egide::SearchKernels& kernels : every_kernel())
        for (const std::uint32_t radius : {15u, 31u, 64u}) {
          CAPTURE(radius);
          const Answer answer = searched_by_bands(target.index, queries, radius, kernels, 1000);
          errors += answer.error != IndexError::ok;
          CHECK((answer.error == IndexError::ok || answer.error == IndexError::directory ||
                 answer.error == IndexError::position));
          for (const auto& hit : std::span(answer.hits).first(std::min<std::uint64_t>(answer.found, 1000))) {
            REQUIRE(hit.query < 4);
            REQUIRE(hit.position < count);
            CHECK(hit.distance <= radius);
            CHECK(hit.distance ==
                  distance_of(queries.data() + kPdqBytes * hit.query, target.hashes.data() + kPdqBytes * hit.position));
          }
        }
      target.restore();
    }
    CHECK(errors > 60);  // the damage was met
  }
}
