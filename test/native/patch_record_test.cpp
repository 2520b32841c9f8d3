#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/arithmetic.hpp"
#include "core/patch/code.hpp"
#include "core/patch/record.hpp"
#include "indexes.hpp"

using egide::GridShape;
using egide::GridStep;
using egide::Place;
using egide::Record;
using egide::RecordError;

namespace {

using egide::test::AlignedBytes;
using egide::test::xorshift;

/// A picture of noise with that many features.
egide::Patches noisy_patches(std::uint32_t width, std::uint32_t height, std::size_t features, std::uint32_t seed) {
  egide::Patches patches{width, height, 3 * width, 3 * height, {}, {}, {}};
  const auto random = [&] { return static_cast<float>(xorshift(seed) >> 8) / (1 << 24); };
  for (std::size_t i = 0; i < features; ++i) {
    patches.places.push_back({random() * static_cast<float>(width), random() * static_cast<float>(height),
                              1.2f + 20 * random(), 20 * random() - 10});
    for (std::uint8_t& cell : patches.histograms.emplace_back()) cell = static_cast<std::uint8_t>(xorshift(seed) >> 24);
  }
  for (std::uint32_t i = 0; i < width * height; ++i) patches.luma.push_back(random());
  return patches;
}

RecordError read(const AlignedBytes& bytes) {
  Record record;
  return egide::read_record(bytes, record);
}

/// Makes the checksum right again.
void seal(AlignedBytes& bytes) {
  egide::Checksum sum;
  sum.update({bytes.data(), 24});
  sum.update({bytes.data() + 32, bytes.size() - 32});
  egide::write_number(bytes.data() + 24, sum.value());
}

/// Radians between two directions.
double angle_between(double a, double b) { return std::fabs(std::remainder(a - b, egide::arithmetic::kTurn)); }

}  // namespace

TEST_CASE("a place in 32 bits is within half a step of what it was, and packs to the same bits again") {
  std::uint32_t seed = 5;
  for (const float side : {512.0f, 640.0f, 1024.0f})
    for (int i = 0; i < 5000; ++i) {
      const auto random = [&] { return static_cast<float>(xorshift(seed) >> 8) / (1 << 24); };
      const float to_frame = egide::kReferenceSide / side;
      const Place place{random() * side, random() * side, (1.1f + 100 * random()) / to_frame, 100 * random() - 50};
      const std::uint32_t packed = egide::pack_place(place, side);
      const Place again = egide::unpack_place(packed);
      CHECK(std::fabs(again.x - place.x * to_frame) <= 0.3126);  // 640 / 1024 / 2
      CHECK(std::fabs(again.y - place.y * to_frame) <= 0.3126);
      CHECK(std::fabs(std::log2(again.sigma / (place.sigma * to_frame))) <= 1 / 15.9);
      CHECK(angle_between(again.angle, place.angle) <= egide::arithmetic::kTurn / 127.9);
      CHECK(egide::pack_place(again, egide::kReferenceSide) == packed);
    }
}

TEST_CASE("a place that is out of range, or no number, packs to the nearest end") {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN(), kInfinite = std::numeric_limits<float>::infinity();
  CHECK(egide::pack_place({-1, 641, 0.5f, 0}, 640) == (1023u << 10));
  CHECK(egide::pack_place({1e30f, -kInfinite, 1e9f, 0}, 640) == (1023u | 63u << 20));
  CHECK(egide::pack_place({kNone, kNone, kNone, kNone}, 640) == 0);
  CHECK(egide::pack_place({kInfinite, 0, kInfinite, kInfinite}, 640) == (1023u | 63u << 20));
  CHECK(egide::pack_place({0, 0, 1, -1e-9f}, 640) == 0);
}

TEST_CASE("a record gives back what was written, a budget its first features") {
  const egide::Patches patches = noisy_patches(64, 40, 300, 9);
  for (const std::uint32_t code_bytes : {8u, 16u})
    for (const std::uint32_t budget : {0u, 1u, 256u, 1000u}) {
      const bool with_grid = budget != 1;
      const auto written = egide::write_record(patches, budget, code_bytes, with_grid);
      const AlignedBytes bytes(written, written.size());
      Record record;
      REQUIRE(egide::read_record(bytes, record) == RecordError::ok);
      CHECK(record.shape.feature_count == std::min(budget, 300u));
      CHECK((record.shape.width == 192 && record.shape.height == 120));
      CHECK(record.shape.grid_columns == (with_grid ? 32 : 0));
      CHECK(record.shape.grid_rows == (with_grid ? 20 : 0));
      CHECK(egide::record_bytes(record.shape) == bytes.size());
      CHECK(bytes.size() == 32 + (code_bytes + 8) * record.shape.feature_count + (with_grid ? 320 : 0));
      for (std::uint32_t i = 0; i < record.shape.feature_count; ++i) {
        const egide::Code code = egide::code_of(patches.histograms[i]);
        CHECK(record.code(i).words[0] == code.words[0]);
        CHECK(record.code(i).words[1] == (code_bytes == 16 ? code.words[1] : 0));
        CHECK(record.key(i) == egide::key_of(patches.histograms[i]).bits);
        CHECK_FALSE(record.stop(i));
        const Place place = record.place(i), packed = egide::unpack_place(egide::pack_place(patches.places[i], 64));
        CHECK(std::memcmp(&place, &packed, sizeof place) == 0);
      }
    }
}

TEST_CASE("the grid says where a picture grows brighter and darker") {
  // 100 x 50 pixels in 32 x 16 cells, brighter to the right up to the middle and then darker, the same in every row.
  egide::Patches patches{100, 50, 100, 50, {}, {}, {}};
  for (int i = 0; i < 5000; ++i) patches.luma.push_back(static_cast<float>(std::min(i % 100, 99 - i % 100)) / 50);
  const GridShape shape = egide::grid_shape(100, 50);
  REQUIRE(shape == GridShape{32, 16});
  std::vector<std::uint8_t> grid(egide::grid_bytes(shape), 0xff);
  egide::write_grid(patches, shape, grid.data());
  CHECK(egide::valid_grid(grid.data(), shape));
  for (std::uint32_t cell = 0; cell < 32 * 16; ++cell) {
    const egide::GridCell steps = egide::grid_cell(grid.data(), cell);
    const std::uint32_t column = cell % 32;
    const GridStep right = column < 15 ? GridStep::up : column > 15 && column < 31 ? GridStep::down : GridStep::none;
    CHECK(steps.right == right);
    CHECK(steps.down == GridStep::none);
  }
}

TEST_CASE("a grid has 32 cells on the long side and at least one on the other") {
  CHECK(egide::grid_shape(640, 480) == GridShape{32, 24});
  CHECK(egide::grid_shape(1, 1) == GridShape{32, 32});
  CHECK(egide::grid_shape(10, 10'000) == GridShape{1, 32});
  CHECK(egide::grid_shape(0xffffffff, 0xffffffff) == GridShape{32, 32});
  CHECK(egide::grid_shape(0xffffffff, 1) == GridShape{32, 1});
  CHECK(egide::grid_shape(64, 63) == GridShape{32, 32});  // 31.5
  CHECK(egide::grid_shape(0, 5) == GridShape{});
  CHECK(egide::grid_step(2.0 / 255) == GridStep::up);
  CHECK(egide::grid_step(-0.0078) == GridStep::none);
}

TEST_CASE("no bytes but a record's are read as one, and nothing beyond them") {
  const auto written = egide::write_record(noisy_patches(40, 64, 20, 3), 20, 16, true);
  const AlignedBytes intact(written, written.size());
  REQUIRE(read(intact) == RecordError::ok);
  for (std::size_t length = 0; length <= written.size() + 1; ++length) {
    if (length == written.size()) continue;
    CHECK(read(AlignedBytes(written, length)) == (length < 4 ? RecordError::not_a_record : RecordError::length));
  }
  for (std::size_t i = 0; i < written.size(); ++i) {
    AlignedBytes changed(intact);
    changed[i] ^= 4;
    CHECK(read(changed) != RecordError::ok);
    seal(changed);  // without the checksum's help nothing may be read outside
    Record record;
    if (egide::read_record(changed, record) == RecordError::ok)
      CHECK(egide::record_bytes(record.shape) == changed.size());
  }
}

TEST_CASE("what a forged header or feature says is told apart") {
  const auto written = egide::write_record(noisy_patches(40, 64, 20, 3), 20, 16, true);
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    AlignedBytes bytes(written, written.size());
    bytes[at] = value;
    seal(bytes);
    return read(bytes);
  };
  CHECK(changed(0, 'E') == RecordError::not_a_record);
  CHECK(changed(4, 2) == RecordError::version);
  CHECK(changed(5, 12) == RecordError::content);
  CHECK(changed(5, 8) == RecordError::length);
  CHECK(changed(6, 1) == RecordError::content);   // a flag
  CHECK(changed(8, 7) == RecordError::content);   // a width that the grid does not fit
  CHECK(changed(17, 1) == RecordError::length);   // 256 features more
  CHECK(changed(18, 0) == RecordError::content);  // a grid with one side
  CHECK(changed(20, written[20] ^ 1) == RecordError::tables);
  CHECK(changed(32 + 19, 1) == RecordError::content);                // a key of 25 bits
  CHECK(changed(32 + 19, 0x80) == RecordError::ok);                  // a stop feature
  CHECK(changed(written.size() - 1, 0x55) == RecordError::content);  // a step out of the picture
  CHECK(changed(32 + 24 * 20, 3) == RecordError::content);           // a step that is neither up nor down
}

TEST_CASE("a record has at most as many features as are made of a picture") {
  const egide::RecordShape most{8, egide::kMaxPatches, 0, 0, 64, 20}, more{8, egide::kMaxPatches + 1, 0, 0, 64, 20};
  for (const auto& [shape, error] : {std::pair{most, RecordError::ok}, std::pair{more, RecordError::content}}) {
    std::vector<std::uint8_t> bytes(egide::record_bytes(shape));
    egide::seal_record(bytes, shape);
    CHECK(read(AlignedBytes(bytes, bytes.size())) == error);
    egide::RecordShape header;
    CHECK(egide::read_record_header(bytes, header) == error);
  }
  CHECK(egide::write_record(noisy_patches(64, 20, 4100, 3), 5000, 8, false).size() == egide::record_bytes(most));
}

TEST_CASE("however wild a record, reading it ends in an error or in features that lie inside it") {
  std::uint32_t seed = 77;
  for (int round = 0; round < 3000; ++round) {
    const auto written = egide::write_record(noisy_patches(8, 9, round % 7, seed), 100, round % 2 == 0 ? 8 : 16, true);
    AlignedBytes bytes(written, written.size() - xorshift(seed) % 8 + 4);
    for (int i = 0; i < 4; ++i)
      bytes[xorshift(seed) % std::min<std::size_t>(bytes.size(), 32)] = static_cast<std::uint8_t>(xorshift(seed));
    seal(bytes);
    Record record;
    if (egide::read_record(bytes, record) != RecordError::ok) continue;
    CHECK(egide::record_bytes(record.shape) == bytes.size());
    for (std::uint32_t i = 0; i < record.shape.feature_count; ++i) CHECK(record.place(i).x < egide::kReferenceSide);
  }
}
