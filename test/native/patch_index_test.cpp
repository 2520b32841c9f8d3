#include <doctest/doctest.h>

#include "patch_banks.hpp"

using egide::IndexError;
using egide::Record;

namespace {

using namespace egide::test;

// Every feature of every image is where its key says, once, and comes back.
void check(const Collection& collection, const Bank& bank, std::uint32_t code_bytes) {
  const egide::Index& index = bank.index;
  REQUIRE(index.shape.images == collection.images.size());
  std::uint32_t feature = 0;
  for (std::size_t i = 0; i < collection.images.size(); ++i) {
    CAPTURE(i);
    Bytes record;
    REQUIRE(egide::record_at(index, i, record) == IndexError::ok);
    CHECK(record == collection.records[i]);
    CHECK(index.id(static_cast<std::uint32_t>(i)) == id_at(i));
    for (const Feature& each : collection.images[i].features) {
      egide::EntryRun run{};
      REQUIRE(egide::bucket_of(index, each.key, run) == IndexError::ok);
      run = egide::run_of(index, each.key, run);
      std::uint32_t found = 0, before = 0, image = 0;
      for (std::uint32_t entry = run.begin; entry < run.end; ++entry) {
        const std::uint32_t number = egide::read_entry(index, entry).feature;
        CHECK((entry == run.begin || number > before));
        before = number;
        if (number != feature) continue;
        ++found;
        CHECK(egide::code_distance(egide::code_at(index, entry), each.code, code_bytes == 8) == 0);
      }
      CHECK(found == 1);
      CHECK(egide::image_of(index, feature, image) == IndexError::ok);
      CHECK(image == i);
      ++feature;
    }
  }
}

}  // namespace

TEST_CASE("an index of patches holds every feature under its key, and gives every record back") {
  for (const std::uint32_t code_bytes : {8u, 16u})
    for (const std::size_t images : {0, 1, 2, 33, 300}) {
      CAPTURE(code_bytes);
      CAPTURE(images);
      const Collection collection(static_cast<std::uint32_t>(images + 1), images, code_bytes);
      const Bank bank = bank_of(collection.records, code_bytes);
      check(collection, bank, code_bytes);
      Bytes record;
      CHECK(egide::record_at(bank.index, images, record) == IndexError::position);
    }
}

TEST_CASE("keys that are all equal, and images without features, are held as well") {
  Collection collection(4, 60);
  for (std::size_t i = 0; i < collection.images.size(); ++i) {
    if (i % 3 == 0) collection.images[i].features.clear();
    for (Feature& feature : collection.images[i].features) feature.key = 0xffffff;
    collection.records[i] = record_of(collection.images[i], 16);
  }
  check(collection, bank_of(collection.records), 16);
  for (std::size_t i = 0; i < collection.images.size(); ++i) {
    collection.images[i].features.clear();
    collection.records[i] = record_of(collection.images[i], 16);
  }
  check(collection, bank_of(collection.records), 16);
}

TEST_CASE("however a build is cut up, the bytes are the same") {
  const Collection collection(8, 200);
  const Bank whole = bank_of(collection.records);
  for (const std::uint64_t units : {1ull, 50ull, 5000ull, 1'000'000ull}) {
    const Bank parts = bank_of(collection.records, 16, units, units == 50 ? 1 : 1000);
    CHECK(parts.bytes == whole.bytes);
    CHECK(parts.steps >= whole.steps);
  }
}

TEST_CASE("an index is rebuilt from the records that it gives, marks and all") {
  Collection collection(12, 100);
  for (std::size_t i = 0; i < collection.images.size(); ++i) {
    for (std::size_t f = 0; f < collection.images[i].features.size(); ++f)
      collection.images[i].features[f].stop = f % 3 == i % 3;
    collection.records[i] = record_of(collection.images[i], 16);
  }
  const Bank bank = bank_of(collection.records);
  check(collection, bank, 16);
  std::vector<Bytes> records(collection.images.size());
  for (std::size_t i = 0; i < records.size(); ++i)
    REQUIRE(egide::record_at(bank.index, i, records[i]) == IndexError::ok);
  CHECK(bank_of(records).bytes == bank.bytes);
}

TEST_CASE("a reference is the same from an index as from the record") {
  for (const std::uint32_t code_bytes : {8u, 16u}) {
    const Collection collection(15, 30, code_bytes);
    const Bank bank = bank_of(collection.records, code_bytes);
    for (std::size_t i = 0; i < collection.images.size(); ++i) {
      egide::Reference found;
      Record record;
      REQUIRE(egide::reference_at(bank.index, i, found) == IndexError::ok);
      REQUIRE(egide::read_record(collection.records[i], record) == egide::RecordError::ok);
      const egide::Reference expected = egide::reference_of(record);
      CHECK((found.width == expected.width && found.height == expected.height && found.narrow == expected.narrow));
      REQUIRE(found.places.size() == expected.places.size());
      CHECK(found.stops == expected.stops);
      for (std::size_t f = 0; f < found.places.size(); ++f) {
        CHECK(std::memcmp(&found.places[f], &expected.places[f], sizeof found.places[f]) == 0);
        CHECK(found.codes[f].words == expected.codes[f].words);
      }
      REQUIRE((found.grid_columns == expected.grid_columns && found.grid_rows == expected.grid_rows));
      const std::size_t bytes = egide::grid_bytes({found.grid_columns, found.grid_rows});
      CHECK(std::memcmp(found.grid, expected.grid, bytes) == 0);
    }
  }
}

TEST_CASE("a build takes the records that were said, whole and of one kind, and an id for each") {
  const Collection collection(20, 10), narrow(20, 10, 8);
  egide::PatchTotals totals;
  for (const Bytes& record : collection.records) REQUIRE(egide::add_totals(record, 16, totals));
  CHECK_FALSE(egide::add_totals(narrow.records[0], 16, totals));
  CHECK_FALSE(egide::add_totals(std::span(collection.records[0]).first(collection.records[0].size() - 1), 16, totals));
  CHECK(totals.images == 10);
  const egide::IndexShape shape = egide::patch_shape(totals, 16);
  AlignedBytes bytes(egide::layout_of(shape).total), scratch(egide::index_scratch_bytes(shape));
  const egide::IndexWork work{bytes, scratch};
  REQUIRE(egide::index_build_begin(work, shape));
  std::vector<std::uint32_t> ids;
  for (std::uint32_t i = 0; i < 10; ++i) ids.push_back(id_at(i));
  const auto id = [&](std::size_t i) { return std::span(ids).subspan(i, 1); };
  const auto add = [&](std::span<const std::uint8_t> record, std::span<const std::uint32_t> with) {
    return egide::index_build_add(work, record, with);
  };
  const std::span<const std::uint8_t> first = collection.records[0];
  CHECK_FALSE(add(first, {}));
  CHECK_FALSE(add(first, std::span(ids).first(2)));
  CHECK_FALSE(add(narrow.records[0], id(0)));
  CHECK_FALSE(add(first.first(first.size() - 1), id(0)));
  Bytes damaged(first.begin(), first.end());
  damaged.back() ^= 1;
  CHECK_FALSE(add(damaged, id(0)));
  Bytes both(first.begin(), first.end());  // a sound record before a damaged one is not added either
  both.insert(both.end(), damaged.begin(), damaged.end());
  CHECK_FALSE(add(both, std::span(ids).first(2)));
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK_FALSE(egide::index_build_step(work, 1000).ok);
    CHECK(add(collection.records[i], id(i)));
  }
  CHECK_FALSE(add(first, id(0)));
  while (egide::index_build_step(work, 1000).left > 0) {
  }
  CHECK(bytes == bank_of(collection.records).bytes);
}

TEST_CASE("an image of an index has at most as many features as are made of a picture") {
  Random random{21};
  const Bytes record = record_of(random_image(random, 4000), 16);
  Bank bank = bank_of({record, record});
  const auto error_if_first_ends_at = [&](std::uint32_t end) {
    egide::PatchImage image{};
    egide::write_number(bank.bytes.data() + bank.index.layout.images + egide::kImageBytes, end);
    return egide::read_image(bank.index, 0, image);
  };
  CHECK(error_if_first_ends_at(egide::kMaxPatches) == IndexError::ok);
  CHECK(error_if_first_ends_at(egide::kMaxPatches + 1) == IndexError::position);
}

TEST_CASE("the shape of an index follows from its numbers alone, up to the most there may be") {
  for (const std::uint64_t features : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4096},
                                       std::uint64_t{25'600'000}, std::uint64_t{1} << 28, egide::kMaxIndexCount}) {
    const egide::IndexShape shape = egide::patch_shape({features, features / 200 + 1, features / 200 * 24}, 16);
    CAPTURE(features);
    CHECK(egide::valid(shape));
    const std::uint64_t buckets = 1ull << shape.directory_bits;
    CHECK((features < 4096 || features > 1ull << 28 || (features / buckets >= 8 && features / buckets <= 16)));
  }
  CHECK_FALSE(egide::valid(egide::patch_shape({egide::kMaxIndexCount + 1, 1, 0}, 16)));
  CHECK_FALSE(egide::valid(egide::patch_shape({10, 1, 0}, 12)));
  egide::IndexShape shape = egide::patch_shape({1 << 20, 1, 0}, 16);
  shape.directory_bits = 11;  // 13 bits of a key and 20 of a number are more than an entry has
  CHECK_FALSE(egide::valid(shape));
}
