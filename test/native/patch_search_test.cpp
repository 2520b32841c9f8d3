#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "core/patch/patch_probe.hpp"
#include "core/patch/patch_search.hpp"
#include "core/patch/patch_stops.hpp"
#include "patch_banks.hpp"

using egide::IndexError;
using egide::PatchHit;
using egide::PatchSearchOptions;
using egide::PatchSegment;
using egide::Query;
using egide::Tier;

namespace {

using namespace egide::test;

const egide::Matrix kShown = similarity_of(0.8, 0.4, 60, -30);

using Hits = std::multiset<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>>;

Hits probed(const PatchSegment& segment, const Query& query, std::uint32_t probes) {
  egide::PatchProbe probe(segment, probes);
  std::vector<PatchHit> hits;
  REQUIRE(probe.run(query, 3, hits) == IndexError::ok);
  CHECK_FALSE(probe.truncated());
  Hits all;
  for (const PatchHit& hit : hits) {
    CHECK(hit.query == 3);
    all.emplace(hit.image, hit.feature, hit.reference, hit.distance);
  }
  return all;
}

// The same by looking at every feature of every image.
Hits slowly(const Collection& collection, const Query& query, std::uint32_t probes, std::uint32_t code_bytes) {
  Hits all;
  for (std::uint32_t q = 0; q < query.codes.size(); ++q) {
    std::uint32_t keys[egide::kMostProbes];
    egide::probes_of(query.keys[q], probes, keys);
    const std::set<std::uint32_t> probed(keys, keys + probes);
    REQUIRE(probed.size() == probes);
    for (std::uint32_t i = 0; i < collection.images.size(); ++i)
      for (std::uint32_t f = 0; f < collection.images[i].features.size(); ++f) {
        const Feature& feature = collection.images[i].features[f];
        const std::uint32_t distance = egide::code_distance(feature.code, query.codes[q], code_bytes == 8);
        if (distance > egide::hit_distance(code_bytes) || feature.stop || !probed.contains(feature.key)) continue;
        all.emplace(i, q, f, distance);
      }
  }
  return all;
}

egide::PatchCandidates candidates_of(const std::vector<Bank>& banks, std::span<const Query> queries,
                                     const PatchSearchOptions& options) {
  std::vector<PatchSegment> segments;
  for (const Bank& bank : banks) segments.push_back({bank.index, {}});
  return egide::patch_candidates(segments, queries, options);
}

/// Images that share features, as screenshots do: every third has the same twelve features somewhere.
Collection with_shared_features(std::uint32_t seed, std::size_t count) {
  Collection collection(seed, count);
  Random random{seed + 1};
  const Image shared = random_image(random, 12);
  for (std::size_t i = 0; i < count; i += 3) {
    for (Feature feature : shared.features) {
      feature.code = flipped(random, feature.code, random.bits() % 4);
      feature.place = random.place(640, 480);
      collection.images[i].features.push_back(feature);
    }
    collection.records[i] = record_of(collection.images[i], 16, i % 5 != 3);
  }
  return collection;
}

Bytes stops_of(const std::vector<Bank>& banks, std::uint64_t units) {
  std::vector<PatchSegment> segments;
  for (const Bank& bank : banks) segments.push_back({bank.index, {}});
  Bytes entries;
  egide::StopProgress progress{IndexError::ok, 0};
  while (progress.next_key < egide::kStopKeys) {
    const std::uint32_t before = progress.next_key;
    progress = egide::collect_stops(segments, before, units, entries);
    REQUIRE(progress.error == IndexError::ok);
    REQUIRE(progress.next_key > before);
  }
  return egide::write_stops(entries, 16);
}

std::uint64_t mark(Bank& bank, const Bytes& table, std::uint64_t units) {
  Bytes state(egide::kStopStateBytes);
  std::uint64_t steps = 0;
  for (std::uint64_t left = ~0ull; left > 0; ++steps) {
    const egide::IndexProgress progress = egide::mark_stops(bank.bytes, table, state, units);
    REQUIRE(progress.ok);
    REQUIRE(progress.left <= left);
    left = progress.left;
  }
  REQUIRE(egide::read_index(bank.bytes, bank.index) == IndexError::ok);
  Bytes check(egide::kIndexCheckBytes);
  REQUIRE(egide::index_check_step(bank.index, check, bank.bytes.size()).error == IndexError::ok);
  return steps;
}

std::vector<Bank> shards_of(const Collection& collection, std::size_t shards) {
  std::vector<Bank> banks;
  const std::size_t count = collection.records.size(), each = (count + shards - 1) / shards;
  for (std::size_t i = 0; i < count; i += each)
    banks.push_back(bank_of({collection.records.begin() + static_cast<std::ptrdiff_t>(i),
                             collection.records.begin() + static_cast<std::ptrdiff_t>(std::min(count, i + each))},
                            16, ~0ull, 7, i));
  return banks;
}

}  // namespace

TEST_CASE("probes turn the bits with the smallest margins, in the order of what that costs") {
  Random random{4};
  for (int round = 0; round < 200; ++round) {
    egide::Key key{random.bits() >> 8, {}};
    for (float& margin : key.margins) margin = static_cast<float>(random.between(0, round % 2 == 0 ? 3 : 0.01));
    if (round % 5 == 0) key.margins[7] = key.margins[3] = key.margins[19];  // ties
    std::vector<std::uint32_t> keys(egide::kMostProbes);
    egide::probes_of(key, egide::kMostProbes, keys.data());
    CHECK(keys[0] == key.bits);
    std::vector<float> sorted(key.margins.begin(), key.margins.end());
    std::ranges::sort(sorted);
    double before = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      double cost = 0;
      for (std::uint32_t bit = 0; bit < egide::kKeyBits; ++bit)
        if (((keys[i] ^ key.bits) >> bit & 1) != 0) {
          cost += double{key.margins[bit]} * key.margins[bit];
          CHECK(key.margins[bit] <= sorted[egide::kTurnedBits - 1]);
        }
      CHECK(cost >= before - 1e-6);
      before = cost;
    }
    CHECK(std::set<std::uint32_t>(keys.begin(), keys.end()).size() == egide::kMostProbes);
    std::vector<std::uint32_t> few(5);
    egide::probes_of(key, 5, few.data());
    CHECK(std::equal(few.begin(), few.end(), keys.begin()));
  }
  egide::Key wild{0xffffffff, {}};
  wild.margins.fill(std::numeric_limits<float>::quiet_NaN());
  wild.margins[2] = std::numeric_limits<float>::infinity();
  std::vector<std::uint32_t> keys(egide::kMostProbes);
  egide::probes_of(wild, egide::kMostProbes, keys.data());
  for (const std::uint32_t key : keys) CHECK(key < egide::kStopKeys);
}

TEST_CASE("probing finds what comparing with every feature finds, in banks of any size") {
  for (const std::uint32_t code_bytes : {8u, 16u})
    for (const std::size_t images : {1, 3, 40, 200}) {
      CAPTURE(code_bytes);
      CAPTURE(images);
      Collection collection(static_cast<std::uint32_t>(images), images, code_bytes);
      for (std::size_t f = 0; f < collection.images[0].features.size(); f += 3)
        collection.images[0].features[f].stop = true;
      collection.records[0] = record_of(collection.images[0], code_bytes);
      const Bank bank = bank_of(collection.records, code_bytes);
      std::size_t found = 0;
      for (std::size_t i = 0; i < std::min<std::size_t>(images, 12); ++i)
        for (const std::uint32_t probes : {1u, 8u, 64u}) {
          const Query query = copy_of(collection.images[i], kShown, 3 + static_cast<std::uint32_t>(i), 60,
                                      static_cast<std::uint32_t>(i));
          const Hits hits = probed({bank.index, {}}, query, probes);
          CHECK(hits == slowly(collection, query, probes, code_bytes));
          found += hits.size();
        }
      CHECK(found > 0);
    }
}

TEST_CASE("a copy is the first candidate and a confirmed match, where it lies; a stranger is none") {
  for (const std::uint32_t code_bytes : {8u, 16u}) {
    Random random{code_bytes};
    std::vector<Image> images;
    std::vector<Bytes> records;
    for (int i = 0; i < 200; ++i) {
      images.push_back(random_image(random, 100, 4000));
      images.back().width = 640, images.back().height = 480;
      records.push_back(record_of(images.back(), code_bytes, false));
    }
    const Bank bank = bank_of(records, code_bytes);
    const PatchSegment segment{bank.index, {}};
    PatchSearchOptions options = egide::patch_search_options(200, false);
    for (std::uint32_t i = 0; i < 200; i += 9) {
      CAPTURE(i);
      const Query queries[] = {copy_of({640, 480, {}}, kShown, 0, 200, i), copy_of(images[i], kShown, 4, 200, i)};
      const egide::PatchSearch search = egide::patch_search({&segment, 1}, {}, queries, options);
      REQUIRE(search.error == IndexError::ok);
      CHECK_FALSE(search.truncated);
      REQUIRE(search.found.size() == 1);
      CHECK(search.found[0].image == i);
      CHECK(search.found[0].id == id_at(i));
      CHECK(search.found[0].match.tier == Tier::confirmed);
      CHECK(greatest_error(search.found[0].match.geometry.matrix, kShown) < 3);
      const egide::PatchCandidates none = egide::patch_candidates({&segment, 1}, std::span(queries).first(1), options);
      CHECK(none.candidates.empty());
    }
  }
}

TEST_CASE("a removed image is not found, and the rest as before") {
  Collection collection(31, 60);
  Random random{31};
  collection.images[17] = random_image(random, 100);
  collection.records[17] = record_of(collection.images[17], 16);
  const Bank bank = bank_of(collection.records);
  const Query query = copy_of(collection.images[17], kShown, 4, 100, 1);
  Bytes removed(3);  // bytes for 24 of the 60 images
  const auto found = [&] {
    const PatchSegment segment{bank.index, removed};
    return egide::patch_candidates({&segment, 1}, {&query, 1}, {}).candidates;
  };
  REQUIRE_FALSE(found().empty());
  CHECK(found()[0].image == 17);
  removed[17 / 8] = 0xff ^ 1 << 17 % 8;
  CHECK(found()[0].image == 17);
  removed[17 / 8] = 1 << 17 % 8;
  for (const auto& candidate : found()) CHECK(candidate.image != 17);
  for (std::uint8_t& byte : removed) byte = 0xff;
  for (const auto& candidate : found()) CHECK(candidate.image >= 24);
}

TEST_CASE("features that many images share are stop features, and others are not") {
  const Collection collection = with_shared_features(51, 90);
  std::vector<Bank> banks = shards_of(collection, 1);
  const Bytes table = stops_of(banks, ~0ull);
  CHECK(stops_of(banks, 100'000) == table);
  egide::StopTable stops;
  REQUIRE(egide::read_stops(table, stops) == egide::RecordError::ok);
  CHECK(stops.count >= 12);
  CHECK(stops.count < 24);
  const Bank before{AlignedBytes(banks[0].bytes), {}};
  mark(banks[0], table, ~0ull);
  for (std::size_t i = 0; i < collection.images.size(); ++i) {
    CAPTURE(i);
    egide::Record record;
    Bytes bytes;
    REQUIRE(egide::record_at(banks[0].index, i, bytes) == IndexError::ok);
    REQUIRE(egide::read_record(bytes, record) == egide::RecordError::ok);
    const std::uint32_t features = record.shape.feature_count, own = features - (i % 3 == 0 ? 12 : 0);
    for (std::uint32_t f = 0; f < features; ++f) CHECK(record.stop(f) == (f >= own && 12 * 4 <= 3 * features));
  }
  // In small steps the same; marking with an empty table takes all marks away.
  Bank stepped{AlignedBytes(before.bytes), {}};
  CHECK(mark(stepped, table, 50) > 10);
  CHECK(stepped.bytes == banks[0].bytes);
  mark(stepped, egide::write_stops({}, 16), 1000);
  CHECK(stepped.bytes == before.bytes);
}

TEST_CASE("marking gives way within the features of one key, and needs a table that fits") {
  Random random{52};
  Image image = random_image(random, 3000);
  for (Feature& feature : image.features) feature.key = 77;
  image.features[9].key = 78;
  const std::vector<Bytes> records(4, record_of(image, 16, false));
  const Bank before = bank_of(records);
  Bytes entry(24);
  egide::write_number(entry.data(), 79u), egide::write_number(entry.data() + 4, 7u);  // keys 72 to 79
  std::memcpy(entry.data() + 8, image.features[9].code.words.data(), 16);
  const Bytes table = egide::write_stops(entry, 16);
  Bank whole{AlignedBytes(before.bytes), {}}, stepped{AlignedBytes(before.bytes), {}};
  mark(whole, table, ~0ull);
  CHECK(mark(stepped, table, 100) > 100);  // 12,000 comparisons
  CHECK(stepped.bytes == whole.bytes);
  for (std::uint32_t f = 0; f < 12'000; ++f) CHECK(egide::is_stop(whole.index, f) == (f % 3000 == 9));
  Bytes state(egide::kStopStateBytes), damaged = table;
  damaged.back() ^= 1;
  CHECK_FALSE(egide::mark_stops(whole.bytes, damaged, state, 100).ok);
  CHECK_FALSE(egide::mark_stops(whole.bytes, egide::write_stops({}, 8), state, 100).ok);
  // What is changed under way is not checked again, and leads nowhere outside.
  REQUIRE(egide::mark_stops(whole.bytes, table, state, 100).left > 0);
  for (std::size_t i = table.size() - 24; i < table.size(); ++i) damaged[i] = 0xff;
  for (int i = 0; i < 300; ++i) CHECK(egide::mark_stops(whole.bytes, damaged, state, 100).ok);
  CHECK_FALSE(egide::mark_stops(whole.bytes, std::span(damaged).first(40), state, 100).ok);
}

TEST_CASE("a picture that is enrolled many times keeps its features") {
  Collection collection(61, 40);
  Random random{61};
  const Image enrolled = random_image(random, 80);
  for (std::size_t i = 0; i < 6; ++i) collection.images[i] = enrolled, collection.records[i] = record_of(enrolled, 16);
  std::vector<Bank> banks = shards_of(collection, 1);
  const Bytes table = stops_of(banks, ~0ull);
  egide::StopTable stops;
  REQUIRE(egide::read_stops(table, stops) == egide::RecordError::ok);
  CHECK(stops.count >= 75);
  mark(banks[0], table, ~0ull);
  const Query query = copy_of(enrolled, kShown, 4, 50, 1);
  const auto found = candidates_of(banks, {&query, 1}, {}).candidates;
  REQUIRE(found.size() >= 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(found[i].image == i);
}

TEST_CASE("one index and its shards give the same answers, with the marks of one table") {
  const Collection collection = with_shared_features(71, 150);
  std::vector<Bank> whole = shards_of(collection, 1), shards = shards_of(collection, 3);
  REQUIRE(shards.size() == 3);
  const Bytes table = stops_of(whole, ~0ull);
  CHECK(stops_of(shards, ~0ull) == table);
  for (Bank& bank : whole) mark(bank, table, ~0ull);
  for (Bank& bank : shards) mark(bank, table, ~0ull);
  std::vector<PatchSegment> whole_segments, shard_segments;
  for (const Bank& bank : whole) whole_segments.push_back({bank.index, {}});
  for (const Bank& bank : shards) shard_segments.push_back({bank.index, {}});
  std::size_t marked = 0, answers = 0;
  for (std::uint32_t i = 0; i < 150; i += 6) {
    CAPTURE(i);
    Image mixed = collection.images[i];  // a copy with features of another
    const auto& other = collection.images[(i + 75) % 150].features;
    mixed.features.insert(mixed.features.end(), other.begin(), other.end());
    const Query queries[] = {copy_of(mixed, kShown, 5, 50, i), copy_of(collection.images[149 - i], kShown, 5, 50, i)};
    for (const std::uint32_t count : {3u, 20u}) {
      PatchSearchOptions options;
      options.candidates = count, options.images = 150;
      const auto one = egide::patch_candidates(whole_segments, queries, options);
      const auto three = egide::patch_candidates(shard_segments, queries, options);
      REQUIRE(one.candidates.size() == three.candidates.size());
      for (std::size_t c = 0; c < one.candidates.size(); ++c) {
        const auto &a = one.candidates[c], &b = three.candidates[c];
        CHECK(std::tie(a.id, a.query, a.votes, a.agreeing, a.score) ==
              std::tie(b.id, b.query, b.votes, b.agreeing, b.score));
        CHECK(b.image + 50 * b.segment == a.image);
      }
      const auto found = egide::patch_search(whole_segments, {}, queries, options).found;
      const auto parts = egide::patch_search(shard_segments, {}, queries, options).found;
      REQUIRE(found.size() == parts.size());
      for (std::size_t f = 0; f < found.size(); ++f) {
        const egide::PatchMatch &a = found[f].match, &b = parts[f].match;
        CHECK(found[f].id == parts[f].id);
        CHECK(std::tie(a.variant, a.tier, a.distinctive, a.agreement, a.geometry.matrix, a.geometry.inliers,
                       a.geometry.log10_false_alarms) == std::tie(b.variant, b.tier, b.distinctive, b.agreement,
                                                                  b.geometry.matrix, b.geometry.inliers,
                                                                  b.geometry.log10_false_alarms));
        if (f > 0) CHECK(found[f - 1].match.tier >= a.tier);
      }
      answers += found.size();
    }
    for (std::uint32_t f = 0; f < whole[0].index.shape.count; ++f) marked += egide::is_stop(whole[0].index, f);
  }
  CHECK(answers > 40);
  CHECK(marked > 0);
}

TEST_CASE("equal keys are looked at up to a bound, and so are hits, of which the answer tells") {
  Random random{5};
  Image image = random_image(random, 1500);
  for (Feature& feature : image.features) feature.key = 77, feature.code = {{1, 2}};
  const Bytes record = record_of(image, 16, false);
  const Bank bank = bank_of({record, record, record});  // more features of one key than are looked at
  const PatchSegment segment{bank.index, {}};
  for (const std::uint32_t count : {300u, 600u}) {
    Query query = copy_of({640, 480, {}}, kShown, 0, count, 1);
    for (auto& key : query.keys) key.bits = 77;
    for (auto& code : query.codes) code = {{1, 3}};
    const auto found = egide::patch_candidates({&segment, 1}, {&query, 1}, {});
    CHECK(found.error == IndexError::ok);
    CHECK(found.truncated == (count * egide::kMostEntries > egide::kMostHits));
  }
}
