// The bytes of an index depend on its rows alone, and a build that cannot be right is refused.
#include <doctest/doctest.h>

#include "core/index/checksum.hpp"
#include "indexes.hpp"

namespace {

using namespace egide::test;
using egide::IndexShape;
using egide::kPdqBytes;

constexpr std::uint64_t kAll = ~std::uint64_t{0};

IndexShape shape_of(std::uint64_t count, bool bands, bool ids, bool tags) {
  return {egide::IndexKind::pdq, kPdqBytes, count, bands ? egide::kBandBits : 0, ids, bands && tags};
}

}  // namespace

TEST_CASE("an index's bytes do not depend on how its build was cut up, nor on what the memory held") {
  for (const std::uint64_t count : {1, 33, 1000})
    for (const bool bands : {false, true})
      for (const bool ids : {false, true}) {
        const IndexShape shape = shape_of(count, bands, ids, ids);
        const auto hashes = random_hashes(count, 61);
        const AlignedBytes whole = built(shape, hashes);
        REQUIRE(whole.size() == egide::layout_of(shape).total);
        for (const std::uint64_t rows : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{1000}}) {
          CAPTURE(count);
          CAPTURE(bands);
          CAPTURE(ids);
          CAPTURE(rows);
          CHECK((built(shape, hashes, {rows, 7 * rows + 1}) == whole));
        }
        // A step of one unit at a time passes every place where a step can end.
        if (count == 33 || !bands) CHECK((built(shape, hashes, {1000, 1}) == whole));
        CHECK((built(shape, hashes, {kAll, kAll}) == whole));

        Site clean(shape);  // memory that held zeros
        std::fill(clean.bytes.begin(), clean.bytes.end(), std::uint8_t{0});
        std::vector<std::uint32_t> all_ids(ids ? count : 0);
        for (std::size_t i = 0; i < all_ids.size(); ++i) all_ids[i] = id_at(i);
        REQUIRE(egide::index_build_begin(clean.work(), shape));
        REQUIRE(egide::index_build_add(clean.work(), hashes, all_ids));
        REQUIRE(egide::index_build_step(clean.work(), kAll).left == 0);
        CHECK((clean.bytes == whole));
      }
}

TEST_CASE("the same rows make the same file for ever") {
  const auto hashes = random_hashes(70'000, 62);
  const auto sum = [&](const IndexShape& shape) { return egide::checksum_of(built(shape, hashes)); };
  // Version 1 of the format, as first written. A change of these needs a new version: files are kept for years.
  CHECK(sum(shape_of(0, false, false, false)) == 0xFD851B920815C735u);
  CHECK(sum(shape_of(100, false, true, false)) == 0xFF22F87466A697FCu);
  CHECK(sum(shape_of(1000, true, true, true)) == 0x615B18B4D726DBEBu);
  CHECK(sum(shape_of(70'000, true, false, false)) == 0xA5F536570ADBD35Fu);
}

TEST_CASE("steps are as short as they are asked to be, and what is left only shrinks") {
  const auto hashes = random_hashes(1000, 63);
  const std::vector<std::uint32_t> ids(1000, 5);
  const auto check_steps = [&](const IndexShape& shape, std::uint64_t units) {
    CAPTURE(shape.directory_bits);
    CAPTURE(units);
    Site site(shape);
    REQUIRE(egide::index_build_begin(site.work(), shape));
    REQUIRE(egide::index_build_add(site.work(), hashes, ids));
    std::uint64_t before = egide::index_build_step(site.work(), 0).left;
    while (before > 0) {
      egide::Index index;
      REQUIRE(egide::read_index(site.bytes, index) == egide::IndexError::not_an_index);
      const egide::IndexProgress progress = egide::index_build_step(site.work(), units);
      REQUIRE(progress.ok);
      REQUIRE(progress.left < before);
      REQUIRE(before - progress.left <= units);
      before = progress.left;
    }
    const AlignedBytes finished = site.bytes;
    CHECK(egide::index_build_step(site.work(), units).left == 0);
    CHECK((site.bytes == finished));
  };
  for (const std::uint64_t units : {std::uint64_t{1000}, std::uint64_t{99'999}, std::uint64_t{1} << 61, kAll})
    for (const bool bands : {false, true}) check_steps(shape_of(1000, bands, true, true), units);
}

TEST_CASE("memory that held an index holds none until the next one is finished") {
  const IndexShape shape = shape_of(100, false, false, false);
  const auto hashes = random_hashes(100, 65);
  Site site(shape);
  egide::Index index;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(egide::index_build_begin(site.work(), shape));
    CHECK(egide::read_index(site.bytes, index) == egide::IndexError::not_an_index);
    REQUIRE(egide::index_build_add(site.work(), hashes, {}));
    CHECK(egide::read_index(site.bytes, index) == egide::IndexError::not_an_index);
    REQUIRE(egide::index_build_step(site.work(), kAll).left == 0);
    CHECK(egide::read_index(site.bytes, index) == egide::IndexError::ok);
  }
}

TEST_CASE("a build is refused where its memory or its shape is wrong") {
  const IndexShape shape = shape_of(100, true, true, true);
  Site site(shape);
  const egide::IndexWork work = site.work();
  CHECK_FALSE(egide::index_build_begin({work.index, work.scratch.first(work.scratch.size() - 1)}, shape));
  CHECK_FALSE(egide::index_build_begin({work.index, {}}, shape));
  CHECK_FALSE(egide::index_build_begin({work.index.first(work.index.size() - 64), work.scratch}, shape));
  CHECK_FALSE(egide::index_build_begin({{}, work.scratch}, shape));
  CHECK_FALSE(egide::index_build_begin(work, shape_of(164, true, true, true)));
  CHECK((site.bytes == AlignedBytes(site.bytes.size(), kRubbish)));
  CHECK(egide::index_build_begin(work, shape));

  const auto refused = [&](auto change) {
    IndexShape wrong = shape;
    change(wrong);
    Site place(wrong);
    return !egide::index_build_begin(place.work(), wrong);
  };
  CHECK(refused([](IndexShape& s) { s.width = 31; }));
  CHECK(refused([](IndexShape& s) { s.directory_bits = 8; }));
  CHECK(refused([](IndexShape& s) { s.directory_bits = 0; }));  // tags without bands
  CHECK(refused([](IndexShape& s) { s.count = 0; }));           // bands without rows
  CHECK_FALSE(egide::valid({egide::IndexKind::pdq, 32, egide::kMaxIndexCount + 1, 0, false, false}));
  CHECK(egide::valid({egide::IndexKind::pdq, 32, egide::kMaxIndexCount, 16, true, true}));
}

TEST_CASE("rows are refused that are too many, cut off or without the ids that belong to them") {
  const auto hashes = random_hashes(101, 64);
  const std::vector<std::uint32_t> ids(101, 9);
  const auto rows = [&](std::size_t count) { return std::span(hashes).first(kPdqBytes * count); };
  const auto some = [&](std::size_t count) { return std::span(ids).first(count); };
  for (const bool bands : {false, true}) {
    const IndexShape shape = shape_of(100, bands, true, true);
    Site site(shape);
    REQUIRE(egide::index_build_begin(site.work(), shape));
    CHECK_FALSE(egide::index_build_add(site.work(), rows(101), some(101)));
    CHECK_FALSE(egide::index_build_add(site.work(), rows(2).first(63), some(1)));
    CHECK_FALSE(egide::index_build_add(site.work(), rows(2), some(1)));
    CHECK_FALSE(egide::index_build_add(site.work(), rows(2), some(3)));
    CHECK_FALSE(egide::index_build_add(site.work(), rows(2), {}));
    CHECK_FALSE(egide::index_build_step(site.work(), kAll).ok);
    CHECK(egide::index_build_add(site.work(), rows(99), some(99)));
    CHECK(egide::index_build_add(site.work(), {}, {}));  // no row is no error
    CHECK_FALSE(egide::index_build_step(site.work(), kAll).ok);
    CHECK_FALSE(egide::index_build_add(site.work(), rows(2), some(2)));
    CHECK(egide::index_build_add(site.work(), rows(1), some(1)));
    CHECK_FALSE(egide::index_build_add(site.work(), rows(1), some(1)));
    CHECK(egide::index_build_step(site.work(), kAll).left == 0);
  }
  const IndexShape plain = shape_of(100, false, false, false);
  Site site(plain);
  REQUIRE(egide::index_build_begin(site.work(), plain));
  CHECK_FALSE(egide::index_build_add(site.work(), rows(100), some(100)));  // ids where none belong
  CHECK(egide::index_build_add(site.work(), rows(100), {}));
  CHECK(egide::index_build_step(site.work(), kAll).left == 0);
}
