#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "core/digest/digest_index.hpp"
#include "core/index/index_build.hpp"
#include "indexes.hpp"

using egide::DigestHit;
using egide::IndexError;

namespace {

using Bytes = std::vector<std::uint8_t>;
using egide::test::AlignedBytes;
using Ids = std::vector<std::uint32_t>;

/// Digests with the id of each; without ids, it is the position.
struct Digests {
  std::uint32_t width;
  Bytes rows;
  Ids ids;

  std::size_t count() const { return rows.size() / width; }
  Bytes row(std::size_t i) const { return {rows.data() + width * i, rows.data() + width * (i + 1)}; }
  std::uint32_t id(std::size_t i) const { return ids.empty() ? static_cast<std::uint32_t>(i) : ids[i]; }
};

Bytes noise(std::size_t bytes, std::uint32_t seed) {
  Bytes out(bytes);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(egide::test::xorshift(seed) >> 24);
  return out;
}

struct Built {
  AlignedBytes bytes;
  egide::Index index;
  std::uint64_t steps = 0;
};

Built build(const Digests& digests, std::uint64_t units = 1'000'000'000) {
  const egide::IndexShape shape = egide::digest_shape(digests.width, digests.count());
  Built built{AlignedBytes(egide::layout_of(shape).total), {}};
  AlignedBytes scratch(egide::index_scratch_bytes(shape));
  const egide::IndexWork work{built.bytes, scratch};
  REQUIRE(egide::index_build_begin(work, shape));
  REQUIRE(egide::index_build_add(work, digests.rows, digests.ids));
  for (std::uint64_t left = ~std::uint64_t{0}; left > 0; ++built.steps) {
    const egide::IndexProgress progress = egide::index_build_step(work, units);
    REQUIRE(progress.ok);
    REQUIRE(progress.left <= left);
    left = progress.left;
  }
  REQUIRE(egide::read_index(work.index, built.index) == IndexError::ok);
  REQUIRE(egide::check_directory(built.index) == IndexError::ok);
  Bytes state(egide::kIndexCheckBytes);
  REQUIRE(egide::index_check_step(built.index, state, work.index.size()).error == IndexError::ok);
  return built;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> find(const egide::Index& index, const Bytes& queries) {
  std::vector<DigestHit> hits(egide::digest_index_find(index, queries, {}).found);
  const egide::DigestFind found = egide::digest_index_find(index, queries, hits);
  CHECK(found.error == IndexError::ok);
  CHECK(found.found == hits.size());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const DigestHit& hit : hits) pairs.emplace_back(hit.query, hit.id);
  return pairs;
}

/// Holds the index against a std::multimap: every stored digest, each with one bit changed, and some that are absent.
void check(const Digests& digests) {
  CAPTURE(digests.width);
  CAPTURE(digests.count());
  Built built = build(digests);
  std::multimap<Bytes, std::uint32_t> slow;
  for (std::size_t i = 0; i < digests.count(); ++i) slow.emplace(digests.row(i), digests.id(i));

  std::size_t at = 0;
  for (auto one = slow.begin(); one != slow.end();) {
    const auto end = slow.upper_bound(one->first);
    Ids ids;
    for (auto each = one; each != end; ++each) ids.push_back(each->second);
    std::ranges::sort(ids);
    for (const std::uint32_t id : ids) {
      CHECK(std::memcmp(built.index.rows().data() + digests.width * at, one->first.data(), digests.width) == 0);
      CHECK(built.index.id(static_cast<std::uint32_t>(at++)) == id);
    }
    one = end;
  }

  Bytes queries = noise(std::size_t{digests.width} * 100, 77);
  const std::size_t stride = digests.count() / 2000 + 1;
  for (std::size_t i = 0; i < digests.count(); i += stride) {
    Bytes row = digests.row(i);
    queries.insert(queries.end(), row.begin(), row.end());
    row[i % digests.width] ^= static_cast<std::uint8_t>(1u << i % 8);
    queries.insert(queries.end(), row.begin(), row.end());
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> expected;
  for (std::uint32_t q = 0; q < queries.size() / digests.width; ++q) {
    const Bytes query(queries.data() + std::size_t{digests.width} * q,
                      queries.data() + std::size_t{digests.width} * (q + 1));
    const auto [begin, end] = slow.equal_range(query);
    Ids ids;
    for (auto each = begin; each != end; ++each) ids.push_back(each->second);
    std::ranges::sort(ids);
    for (const std::uint32_t id : ids) expected.emplace_back(q, id);
  }
  CHECK(find(built.index, queries) == expected);
}

constexpr std::uint32_t kWidths[] = {16, 20, 32};

}  // namespace

TEST_CASE("an index of digests finds what a multimap finds, for every width and any number of rows") {
  for (const std::uint32_t width : kWidths)
    for (const std::size_t count : {0, 1, 2, 3, 64, 255, 256, 257, 5000, 70'000})
      check({width, noise(width * count, static_cast<std::uint32_t>(count + width)), {}});
}

TEST_CASE("equal digests all answer, in ascending order of ids that are any numbers") {
  for (const std::uint32_t width : kWidths) {
    Digests digests{width, noise(width * 3000, 5), {}};
    std::uint32_t seed = 9;
    for (std::size_t i = 0; i < digests.count(); ++i) {
      // Half of the rows are copies of the first ten; the last of them get the lowest ids.
      if (i % 2 == 1) std::memcpy(digests.rows.data() + width * i, digests.rows.data() + width * 2 * (i % 10), width);
      digests.ids.push_back(egide::test::xorshift(seed) - static_cast<std::uint32_t>(i));
    }
    digests.ids[1] = 0xffffffff, digests.ids[11] = 0, digests.ids[21] = 0;
    check(digests);
  }
}

TEST_CASE("digests that somebody chose to be slow are sorted as well") {
  constexpr std::size_t kCount = 3'000;
  for (const std::uint32_t width : kWidths) {
    Digests equal{width, Bytes(width * kCount, 0xff), {}};
    check(equal);
    for (std::size_t i = kCount; i > 0; --i) equal.ids.push_back(static_cast<std::uint32_t>(i));
    check(equal);

    Digests one_prefix{width, noise(width * kCount, 3), {}}, descending{width, Bytes(width * kCount), {}};
    for (std::size_t i = 0; i < kCount; ++i) {
      std::memset(one_prefix.rows.data() + width * i, 0x80, width - 3);
      const std::size_t below = kCount - i;
      descending.rows[width * i + width - 1] = static_cast<std::uint8_t>(below);
      descending.rows[width * i + width - 2] = static_cast<std::uint8_t>(below >> 8);
    }
    check(one_prefix);
    check(descending);
  }
}

TEST_CASE("however short the steps, and whatever they meet, the bytes are the same") {
  for (const std::uint32_t width : kWidths) {
    Digests digests{width, noise(width * 3000, 21), {}};
    for (std::size_t i = 0; i < 1000; ++i) std::memset(digests.rows.data() + width * i, 0x55, width - 2);
    Built whole = build(digests);
    for (const std::uint64_t units : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{4096}, ~std::uint64_t{0}}) {
      Built stepped = build(digests, units);
      CHECK(stepped.bytes == whole.bytes);
    }
  }
}

TEST_CASE("a bucket that holds everything is sorted in many steps, and in no more than a heap sort needs") {
  Digests digests{16, noise(16 * 50'000, 8), {}};
  for (std::size_t i = 0; i < digests.count(); ++i) std::memset(digests.rows.data() + 16 * i, 0, 12);
  const std::uint64_t steps = build(digests, 10'000).steps;
  // 75,000 turns of 16 levels at 16 units are 1,920 steps; each does a little more than its 10,000 units.
  CHECK(steps > 1800);
  CHECK(steps < 2000);
}

TEST_CASE("rows may come in parts, and only as many as were said, with an id for each or for none") {
  const Bytes rows = noise(std::size_t{20} * 10, 1);
  const egide::IndexShape shape = egide::digest_shape(20, 10);
  AlignedBytes bytes(egide::layout_of(shape).total), scratch(egide::index_scratch_bytes(shape));
  const egide::IndexWork work{bytes, scratch};
  CHECK_FALSE(egide::index_build_begin({work.index, work.scratch.first(work.scratch.size() - 1)}, shape));
  CHECK_FALSE(egide::index_build_begin({work.index.first(work.index.size() - 64), work.scratch}, shape));
  REQUIRE(egide::index_build_begin(work, shape));
  const std::span<const std::uint8_t> all(rows);
  const Ids ids(10, 4);
  CHECK_FALSE(egide::index_build_add(work, all.first(30), {}));
  CHECK_FALSE(egide::index_build_add(work, all.first(40), std::span(ids).first(1)));
  CHECK(egide::index_build_add(work, all.first(60), {}));
  CHECK_FALSE(egide::index_build_step(work, 100).ok);
  CHECK_FALSE(egide::index_build_add(work, all.first(160), {}));
  CHECK(egide::index_build_add(work, all.subspan(60), {}));
  while (egide::index_build_step(work, 3).left > 0) {
  }
  Built whole = build({20, rows, {}});
  CHECK(bytes == whole.bytes);
}

TEST_CASE("all hits are counted, as many written as fit") {
  const Digests digests{32, Bytes(std::size_t{32} * 1000, 7), {}};
  Built built = build(digests);
  const Bytes queries(std::size_t{32} * 300, 7);
  std::vector<DigestHit> hits(1501, DigestHit{9, 9});
  const egide::DigestFind found = egide::digest_index_find(built.index, queries, std::span(hits).first(1500));
  CHECK(found.found == 300'000);
  for (std::uint32_t i = 0; i < 1500; ++i) CHECK((hits[i].query == i / 1000 && hits[i].id == i % 1000));
  CHECK((hits[1500].query == 9 && hits[1500].id == 9));
}

TEST_CASE("bucket starts that cannot be are an error, never a read beyond the rows") {
  const Digests digests{16, noise(std::size_t{16} * 1000, 6), {}};
  Built built = build(digests);
  std::uint8_t* directory = built.bytes.data() + built.index.layout.directory;
  const std::uint32_t bucket = digests.rows[0] >> 7u;  // of 512: nine bits
  const std::size_t start =
      4 * (bucket << 8u | static_cast<std::uint32_t>(digests.rows[0] << 1u & 255) | digests.rows[1] >> 7u);
  for (const std::uint32_t wrong : {1001u, 0xffffffffu}) {
    Bytes saved(directory, directory + start + 8);
    std::memcpy(directory + start + 4, &wrong, 4);
    CHECK(egide::digest_index_find(built.index, digests.row(0), {}).error == IndexError::directory);
    std::memcpy(directory + start, &wrong, 4);
    CHECK(egide::digest_index_find(built.index, digests.row(0), {}).error == IndexError::directory);
    std::ranges::copy(saved, directory);
  }
  CHECK(egide::digest_index_find(built.index, digests.row(0), {}).found == 1);
}
