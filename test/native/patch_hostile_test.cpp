#include <doctest/doctest.h>

#include "core/index/checksum.hpp"
#include "core/patch/patch_search.hpp"
#include "core/patch/patch_stops.hpp"
#include "patch_banks.hpp"

using egide::IndexError;
using egide::Query;

namespace {

using namespace egide::test;

// Everything that can be done with an index that calls itself one: each ends in an error that there is or in an answer
// that lies in the index.
int use(const AlignedBytes& bytes, std::span<const Query> queries) {
  egide::Index index;
  if (egide::read_index(bytes, index) != IndexError::ok) return 1;
  if (index.shape.kind != egide::IndexKind::patch) return 1;
  int errors = 0;
  const auto known = [&](IndexError error) {
    CHECK((error == IndexError::ok || error == IndexError::directory || error == IndexError::position));
    errors += error != IndexError::ok;
    return error == IndexError::ok;
  };
  (void)egide::check_directory(index);
  const egide::PatchSegment segment{index, {}};
  for (const std::uint32_t probes : {1u, 16u}) {
    egide::PatchSearchOptions options;
    options.probes = probes;
    const auto candidates = egide::patch_candidates({&segment, 1}, queries, options);
    known(candidates.error);
    for (const auto& candidate : candidates.candidates) CHECK(candidate.image < index.shape.images);
    known(egide::patch_search({&segment, 1}, {}, queries, options).error);
  }
  for (std::uint64_t i = 0; i <= std::min<std::uint64_t>(index.shape.images, 40); ++i) {
    Bytes record;
    egide::Reference reference;
    if (known(egide::record_at(index, i, record))) CHECK(record.size() < 2'000'000);
    known(egide::reference_at(index, i, reference));
  }
  Bytes entries;
  egide::StopProgress progress{IndexError::ok, 0};
  while (progress.error == IndexError::ok && progress.next_key < egide::kStopKeys)
    progress = egide::collect_stops({&segment, 1}, progress.next_key, 1'000'000'000, entries);
  known(progress.error);
  const Bytes table = egide::write_stops(entries, index.shape.width);
  egide::StopTable stops;
  REQUIRE(egide::read_stops(table, stops) == egide::RecordError::ok);
  AlignedBytes marked(bytes);
  Bytes state(egide::kStopStateBytes);
  CHECK(egide::mark_stops(marked, table, state, ~0ull).ok);
  return errors;
}

}  // namespace

TEST_CASE("no damage to an index of patches, however wild, makes anything read outside it") {
  const Collection collection(91, 30);
  const Bank bank = bank_of(collection.records);
  const egide::IndexLayout& layout = bank.index.layout;
  const egide::Matrix shown = similarity_of(0.8, 0.4, 60, -30);
  const Query queries[] = {copy_of(collection.images[3], shown, 4, 50, 1),
                           copy_of(collection.images[4], shown, 4, 9, 2)};
  CHECK(use(bank.bytes, queries) == 2);  // image 30 is none
  const std::uint64_t sections[][2] = {{layout.directory, layout.rows},    {layout.rows, layout.ids},
                                       {layout.positions, layout.entries}, {layout.entries, layout.places},
                                       {layout.places, layout.stops},      {layout.stops, layout.images},
                                       {layout.images, layout.owners},     {layout.owners, layout.grids},
                                       {layout.directory, layout.total},   {layout.grids, layout.total}};
  Random random{7};
  int errors = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    AlignedBytes bytes(bank.bytes);
    const auto& [begin, end] = sections[static_cast<std::size_t>(round) % std::size(sections)];
    if (round < 20) {
      std::fill(bytes.begin() + begin, bytes.begin() + end,
                static_cast<std::uint8_t>(round < 10 ? 0xff : random.bits()));
    } else {
      for (int i = 0; i < 1 + round % 3 * 300; ++i)
        bytes[begin + random.bits() % (end - begin)] = static_cast<std::uint8_t>(random.bits());
    }
    errors += use(bytes, queries) > 2;
  }
  CHECK(errors > 10);
}

TEST_CASE("a forged header is refused or describes an index that is read within its bytes") {
  const Collection collection(92, 20);
  const Bank bank = bank_of(collection.records);
  const Query query = copy_of(collection.images[3], similarity_of(0.8, 0.4, 60, -30), 4, 50, 1);
  Random random{8};
  int read = 0;
  for (int round = 0; round < 1500; ++round) {
    AlignedBytes bytes(bank.bytes);
    for (int i = 0; i < 1 + round % 3; ++i) {
      const std::uint32_t at[] = {12, 24, 25, 32, 36, 40, 64, 65, 72, 73, 80, 31};
      bytes[at[random.bits() % 12]] = static_cast<std::uint8_t>(random.bits() % (round % 2 == 0 ? 8 : 256));
    }
    egide::write_number(bytes.data() + 120, egide::checksum_of({bytes.data(), 120}));
    egide::Index index;
    if (egide::read_index(bytes, index) != IndexError::ok) continue;
    ++read;
    use(bytes, {&query, 1});
  }
  CHECK(read > 20);
}

TEST_CASE("of other tables, or cut short, an index of patches is refused") {
  const Collection collection(93, 5);
  const Bank bank = bank_of(collection.records);
  egide::Index index;
  AlignedBytes other(bank.bytes);
  other[80] ^= 1;
  egide::write_number(other.data() + 120, egide::checksum_of({other.data(), 120}));
  CHECK(egide::read_index(other, index) == IndexError::version);
  for (const std::size_t length : {std::size_t{0}, std::size_t{127}, std::size_t{128}, bank.bytes.size() - 64})
    CHECK(egide::read_index(AlignedBytes(std::span(bank.bytes.data(), bank.bytes.size()), length), index) !=
          IndexError::ok);
}

TEST_CASE("no bytes but a table's are read as stop features") {
  const Bytes table = [] {
    Bytes entries(24 * 5);
    for (std::uint32_t i = 0; i < 5; ++i) egide::write_number(entries.data() + 24 * std::size_t{i}, 1000 * (4 - i));
    return egide::write_stops(entries, 16);
  }();
  egide::StopTable stops;
  REQUIRE(egide::read_stops(table, stops) == egide::RecordError::ok);
  CHECK(stops.count == 5);
  CHECK(stops.key(4) == 4000);
  for (std::size_t length = 0; length < table.size() + 2; ++length)
    if (length != table.size()) CHECK(egide::read_stops(AlignedBytes(table, length), stops) != egide::RecordError::ok);
  for (std::size_t i = 0; i < table.size(); ++i) {
    AlignedBytes changed(table, table.size());
    changed[i] ^= 16;
    const auto error = egide::read_stops(changed, stops);
    CHECK(error != egide::RecordError::ok);
  }
  const auto read_entry = [&](std::uint32_t key, std::uint32_t mask) {
    Bytes entry(24);
    egide::write_number(entry.data(), key), egide::write_number(entry.data() + 4, mask);
    return egide::read_stops(egide::write_stops(entry, 16), stops);
  };
  CHECK(read_entry(0xffffff, 0x800c07) == egide::RecordError::ok);
  CHECK(read_entry(1 << 24, 0) == egide::RecordError::content);
  CHECK(read_entry(0, 1 << 24) == egide::RecordError::content);
  CHECK(read_entry(0, 0x7f) == egide::RecordError::content);
}
