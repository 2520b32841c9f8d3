// Opening: what cannot be an index is refused, whatever is damaged is found, and no byte outside is ever read.
#include <doctest/doctest.h>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "indexes.hpp"

namespace {

using namespace egide::test;
using egide::Index;
using egide::IndexError;
using egide::IndexShape;
using egide::kPdqBytes;
using egide::write_number;

// Where version 1 keeps what.
constexpr std::size_t kVersionAt = 8, kKindAt = 12, kLengthAt = 16, kCountAt = 24, kWidthAt = 32, kDirectoryBitsAt = 36,
                      kFlagsAt = 40, kDirectorySumAt = 48, kContentSumAt = 56, kHeaderSumAt = 120, kHeaderBytes = 128;

IndexShape shape_of(std::uint64_t count, bool bands, bool ids, bool tags) {
  return {egide::IndexKind::pdq, kPdqBytes, count, bands ? egide::kBandBits : 0, ids, tags};
}

AlignedBytes index_of(const IndexShape& shape) { return built(shape, random_hashes(shape.count, 71)); }

// The header's checksum made right again.
void seal(AlignedBytes& bytes) {
  write_number(bytes.data() + kHeaderSumAt, egide::checksum_of(std::span(bytes).first(kHeaderSumAt)));
}

IndexError error_of(std::span<const std::uint8_t> bytes) {
  Index index;
  return egide::read_index(bytes, index);
}

Index opened(const AlignedBytes& bytes) {
  Index index;
  REQUIRE(egide::read_index(bytes, index) == IndexError::ok);
  return index;
}

// The check of the content, `part` bytes at a time.
IndexError checked(const Index& index, std::uint64_t part) {
  std::array<std::uint8_t, egide::kIndexCheckBytes> state{};
  for (std::uint64_t before = ~std::uint64_t{0};;) {
    const egide::IndexCheck check = egide::index_check_step(index, state, part);
    if (check.left == 0 || check.error != IndexError::ok) return check.error;
    REQUIRE(check.left < before);
    before = check.left;
  }
}

constexpr std::uint64_t kAll = ~std::uint64_t{0};

}  // namespace

TEST_CASE("sections follow each other at whole cache lines, each as long as its rows need") {
  for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{65'536}, std::uint64_t{65'537},
                                    std::uint64_t{1} << 24, (std::uint64_t{1} << 24) + 1, egide::kMaxIndexCount})
    for (const bool bands : {false, true})
      for (const bool ids : {false, true})
        for (const bool tags : {false, bands}) {
          CAPTURE(count);
          const egide::IndexLayout layout = egide::layout_of(shape_of(count, bands, ids, tags));
          const std::uint64_t entries = (count + 63) / 64 * 64;
          CHECK(layout.directory == kHeaderBytes);
          CHECK(layout.rows - layout.directory >= (bands ? 4 * 16 * 65'537 : 0));
          CHECK(layout.ids - layout.rows >= 32 * count);
          CHECK(layout.tags - layout.ids >= (ids ? 4 * count : 0));
          CHECK(layout.positions - layout.tags == (tags ? 16 * 2 * entries : 0));
          CHECK(layout.total - layout.positions == (bands ? 16 * layout.position_bytes * entries : 0));
          CHECK(layout.band_entries == entries);
          CHECK(layout.position_bytes == (count <= 65'536 ? 2u : count <= 1u << 24 ? 3u : 4u));
          for (const std::uint64_t at : {layout.rows, layout.ids, layout.tags, layout.positions, layout.total})
            CHECK(at % 64 == 0);
        }
}

TEST_CASE("a header says what the index is") {
  for (const bool bands : {false, true}) {
    const AlignedBytes bytes = index_of(shape_of(5, bands, true, bands));
    const std::uint8_t* header = bytes.data();
    CHECK(std::string(bytes.begin(), bytes.begin() + 8) == "EGIDE\r\n\x1a");
    CHECK(egide::read_u32(header + kVersionAt) == 1);
    CHECK(egide::read_u32(header + kKindAt) == 1);
    CHECK(egide::read_u64(header + kLengthAt) == bytes.size());
    CHECK(egide::read_u64(header + kCountAt) == 5);
    CHECK(egide::read_u32(header + kWidthAt) == 32);
    CHECK(egide::read_u32(header + kDirectoryBitsAt) == (bands ? 16 : 0));
    CHECK(egide::read_u32(header + kFlagsAt) == (bands ? 3 : 1));
    const std::size_t rows = kHeaderBytes + (bands ? 4'194'368 : 0);
    const auto body = std::span(bytes).subspan(kHeaderBytes);
    CHECK(egide::read_u64(header + kDirectorySumAt) == egide::checksum_of(body.first(rows - kHeaderBytes)));
    CHECK(egide::read_u64(header + kContentSumAt) == egide::checksum_of(body));
    const Index index = opened(bytes);
    CHECK(index.shape.count == 5);
    CHECK(index.shape.ids);
    CHECK(index.shape.tags == bands);
    CHECK(index.layout.rows == rows);
    CHECK(egide::check_directory(index) == IndexError::ok);
    // The header alone tells how long the whole is.
    const AlignedBytes alone(bytes, kHeaderBytes);
    Index announced;
    CHECK(egide::read_header(alone, announced) == IndexError::ok);
    CHECK(announced.layout.total == bytes.size());
    CHECK(egide::read_header(std::span(alone).first(kHeaderBytes - 1), announced) == IndexError::length);
    CHECK(egide::read_index(alone, announced) == IndexError::length);
  }
}

TEST_CASE("a header that says what cannot be is refused, though its checksum holds") {
  struct Change {
    std::size_t at;
    std::uint64_t value;
    std::size_t bytes;
    IndexError error;
  };
  // 5 rows of 32 bytes and their ids; 6 would be as long, 7 would not.
  const AlignedBytes intact = index_of(shape_of(5, false, true, false));
  REQUIRE(intact.size() == 384);
  std::vector<Change> changes = {
      {kVersionAt, 0, 4, IndexError::version},       {kVersionAt, 2, 4, IndexError::version},
      {kVersionAt, kAll, 4, IndexError::version},    {kKindAt, 0, 4, IndexError::header},
      {kKindAt, 2, 4, IndexError::header},           {kKindAt, 3, 4, IndexError::header},
      {kKindAt, kAll, 4, IndexError::header},        {kLengthAt, 0, 8, IndexError::header},
      {kLengthAt, 383, 8, IndexError::header},       {kLengthAt, 448, 8, IndexError::header},
      {kLengthAt, kAll, 8, IndexError::header},      {kCountAt, 0, 8, IndexError::header},
      {kCountAt, 4, 8, IndexError::header},          {kCountAt, 7, 8, IndexError::header},
      {kCountAt, kAll, 8, IndexError::header},       {kCountAt, egide::kMaxIndexCount, 8, IndexError::header},
      {kWidthAt, 0, 4, IndexError::header},          {kWidthAt, 16, 4, IndexError::header},
      {kWidthAt, 33, 4, IndexError::header},         {kWidthAt, kAll, 4, IndexError::header},
      {kDirectoryBitsAt, 1, 4, IndexError::header},  {kDirectoryBitsAt, 16, 4, IndexError::header},
      {kDirectoryBitsAt, 64, 4, IndexError::header}, {kDirectoryBitsAt, kAll, 4, IndexError::header},
      {kFlagsAt, 0, 4, IndexError::header},          {kFlagsAt, 2, 4, IndexError::header},
      {kFlagsAt, 3, 4, IndexError::header},          {kFlagsAt, 5, 4, IndexError::header},
      {kFlagsAt, 0x80000001, 4, IndexError::header}};
  for (std::size_t i = 0; i < 8; ++i) changes.push_back({i, 'e', 1, IndexError::not_an_index});
  for (const Change& change : changes) {
    CAPTURE(change.at);
    CAPTURE(change.value);
    AlignedBytes bytes = intact;
    std::memcpy(bytes.data() + change.at, &change.value, change.bytes);
    seal(bytes);
    CHECK(error_of(bytes) == change.error);
  }
  // Sizes that agree with each other, of an index that is not there: beyond what the bytes hold, and beyond what 64
  // bits hold without wrapping.
  for (const std::uint64_t count : {std::uint64_t{7}, egide::kMaxIndexCount, egide::kMaxIndexCount + 1, kAll / 32}) {
    CAPTURE(count);
    AlignedBytes bytes = intact;
    write_number(bytes.data() + kCountAt, count);
    write_number(bytes.data() + kLengthAt, egide::layout_of(shape_of(count, false, true, false)).total);
    seal(bytes);
    CHECK(error_of(bytes) == (count <= egide::kMaxIndexCount ? IndexError::length : IndexError::header));
  }
  // No bands without rows: whoever probes them would find no directory.
  AlignedBytes empty(egide::layout_of(shape_of(0, true, false, true)).total);
  egide::write_header(empty, shape_of(0, true, false, true), {});
  CHECK(error_of(empty) == IndexError::header);
}

TEST_CASE("a bit that has flipped anywhere in the header is found") {
  const AlignedBytes intact = index_of(shape_of(5, false, true, false));
  for (std::size_t bit = 0; bit < 8 * kHeaderBytes; ++bit) {
    AlignedBytes bytes = intact;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    CAPTURE(bit);
    CHECK(error_of(bytes) == (bit / 8 < 8                 ? IndexError::not_an_index
                              : bit / 8 < kVersionAt + 4u ? IndexError::version
                                                          : IndexError::header));
  }
}

TEST_CASE("an index that was cut off, or goes on, is refused at every length") {
  const AlignedBytes small = index_of(shape_of(5, false, true, false)), large = index_of(shape_of(5, true, true, true));
  for (std::size_t length = 0; length < small.size(); ++length) {
    CAPTURE(length);
    const AlignedBytes cut(small, length);
    CHECK(error_of(cut) == (length < 8 ? IndexError::not_an_index : IndexError::length));
  }
  for (const std::size_t less : {1, 63, 64, 65, 4096, 4'194'304}) {
    CAPTURE(less);
    CHECK(error_of(std::span(large).first(large.size() - less)) == IndexError::length);
  }
  for (const AlignedBytes* bytes : {&small, &large})
    for (const std::size_t more : {1, 64})
      CHECK(error_of(AlignedBytes(*bytes, bytes->size() + more)) == IndexError::length);
}

TEST_CASE("a bit that has flipped anywhere else is found by the check, and one in the directory on opening") {
  for (const bool bands : {false, true}) {
    AlignedBytes bytes = index_of(shape_of(bands ? 1000 : 5, bands, true, bands));
    const Index index = opened(bytes);
    REQUIRE(checked(index, kAll) == IndexError::ok);
    const egide::IndexLayout& layout = index.layout;
    std::vector<std::uint64_t> places;
    if (!bands)
      for (std::uint64_t bit = 8 * kHeaderBytes; bit < 8 * layout.total; ++bit) places.push_back(bit);
    const std::uint64_t sections[] = {layout.directory, layout.rows,      layout.ids,
                                      layout.tags,      layout.positions, layout.total};
    std::uint32_t seed = 72;
    for (std::size_t s = 0; bands && s < 5; ++s) {
      for (int i = 0; i < 30; ++i)
        places.push_back(8 * sections[s] + xorshift(seed) % (8 * (sections[s + 1] - sections[s])));
      places.push_back(8 * sections[s]), places.push_back(8 * sections[s + 1] - 1);
    }
    for (const std::uint64_t bit : places) {
      CAPTURE(bit);
      const auto flip = [&] { bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8); };
      flip();
      CHECK(checked(index, kAll) == IndexError::content);
      CHECK(egide::check_directory(index) == (bit / 8 < layout.rows ? IndexError::directory : IndexError::ok));
      flip();
    }
    CHECK(checked(index, kAll) == IndexError::ok);
    CHECK(egide::check_directory(index) == IndexError::ok);
  }
}

TEST_CASE("the check gives the same answer whatever it is cut into") {
  for (const bool bands : {false, true}) {
    AlignedBytes bytes = index_of(shape_of(100, bands, true, bands));
    const Index index = opened(bytes);
    for (const std::uint64_t part :
         {std::uint64_t{1}, std::uint64_t{63}, std::uint64_t{1000}, std::uint64_t{1} << 20, kAll}) {
      if (bands && part < 63) continue;  // millions of steps
      CAPTURE(part);
      CHECK(checked(index, part) == IndexError::ok);
      bytes[bytes.size() - 1] ^= 1;
      CHECK(checked(index, part) == IndexError::content);
      bytes[bytes.size() - 1] ^= 1;
    }
    bytes[kContentSumAt] ^= 1;
    seal(bytes);
    CHECK(checked(opened(bytes), kAll) == IndexError::content);
    CHECK(egide::check_directory(opened(bytes)) == IndexError::ok);
    bytes[kDirectorySumAt] ^= 1;
    seal(bytes);
    CHECK(egide::check_directory(opened(bytes)) == IndexError::directory);
  }
}
