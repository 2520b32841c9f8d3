#include "core/patch/record.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/arithmetic.hpp"
#include "core/patch/code.hpp"

namespace egide {
namespace record {

// "egpr", so that a record is told from everything else at once.
constexpr std::uint32_t kMagic = 0x72706765;
constexpr std::uint8_t kVersion = 1;
// Where the header keeps what; the flags are zero.
constexpr std::size_t kVersionAt = 4, kCodeBytesAt = 5, kFlagsAt = 6, kWidthAt = 8, kHeightAt = 12, kCountAt = 16,
                      kColumnsAt = 18, kRowsAt = 19, kTablesAt = 20, kSumAt = 24;
constexpr std::uint32_t kKeyMask = (1u << kKeyBits) - 1;

// Steps of a packed place: of a frame's long side, of an octave of sigma, of a turn.
constexpr std::uint32_t kSideSteps = 1024, kScaleSteps = 64, kAngleSteps = 64;
constexpr double kStepsPerOctave = 8;
// 2^(i/8).
constexpr double kEighths[] = {1,
                               1.0905077326652577,
                               1.189207115002721,
                               1.2968395546510096,
                               1.4142135623730951,
                               1.5422108254079407,
                               1.681792830507429,
                               1.8340080864093424};

// Of everything but itself.
std::uint64_t sum_of(std::span<const std::uint8_t> bytes) noexcept {
  Checksum sum;
  sum.update(bytes.first(kSumAt));
  sum.update(bytes.subspan(kRecordHeaderBytes));
  return sum.value();
}

// The whole steps of a number, 0 to `steps` - 1; 0 of what is no number.
std::uint32_t whole_steps(double value, std::uint32_t steps) noexcept {
  if (!(value >= 0)) return 0;
  return value < steps ? static_cast<std::uint32_t>(value) : steps - 1;
}

bool valid_features(const Record& record) noexcept {
  const std::uint64_t stride = feature_bytes(record.shape.code_bytes);
  bool valid = true;
  for (std::uint32_t i = 0; i < record.shape.feature_count; ++i)
    valid &= (read_u32(record.features + stride * i + record.shape.code_bytes) & ~(kStopBit | kKeyMask)) == 0;
  return valid;
}

}  // namespace record

Code Record::code(std::uint32_t feature) const noexcept {
  const std::uint8_t* at = features + feature_bytes(shape.code_bytes) * feature;
  return {{read_u64(at), shape.code_bytes == 16 ? read_u64(at + 8) : 0}};
}

std::uint32_t Record::key(std::uint32_t feature) const noexcept {
  return read_u32(features + feature_bytes(shape.code_bytes) * feature + shape.code_bytes) & record::kKeyMask;
}

bool Record::stop(std::uint32_t feature) const noexcept {
  return (read_u32(features + feature_bytes(shape.code_bytes) * feature + shape.code_bytes) & kStopBit) != 0;
}

Place Record::place(std::uint32_t feature) const noexcept {
  return unpack_place(read_u32(features + feature_bytes(shape.code_bytes) * feature + shape.code_bytes + 4));
}

std::uint32_t pack_place(const Place& place, float long_side) noexcept {
  using record::whole_steps;
  const double side = record::kSideSteps / static_cast<double>(long_side);
  const double sigma = static_cast<double>(place.sigma) * kReferenceSide / static_cast<double>(long_side);
  const double octaves = sigma > 1 && sigma < 1e9 ? arithmetic::log2_of(sigma) : sigma > 1 ? 1e9 : 0;
  const double turns = static_cast<double>(place.angle) / arithmetic::kTurn;
  const std::uint32_t x = whole_steps(place.x * side, record::kSideSteps),
                      y = whole_steps(place.y * side, record::kSideSteps),
                      scale = whole_steps(octaves * record::kStepsPerOctave + 0.5, record::kScaleSteps),
                      angle = whole_steps((turns - std::floor(turns)) * record::kAngleSteps + 0.5,
                                          record::kAngleSteps + 1) %
                              record::kAngleSteps;
  return x | y << 10 | scale << 20 | angle << 26;
}

Place unpack_place(std::uint32_t packed) noexcept {
  constexpr double kSide = static_cast<double>(kReferenceSide) / record::kSideSteps;
  const double x = packed % record::kSideSteps, y = (packed >> 10) % record::kSideSteps, angle = packed >> 26;
  const std::uint32_t scale = (packed >> 20) % record::kScaleSteps;
  return {static_cast<float>((x + 0.5) * kSide), static_cast<float>((y + 0.5) * kSide),
          static_cast<float>(record::kEighths[scale % 8] * (1u << scale / 8)),
          static_cast<float>(angle * (arithmetic::kTurn / record::kAngleSteps))};
}

RecordError read_record_header(std::span<const std::uint8_t> bytes, RecordShape& shape) noexcept {
  const std::uint8_t* header = bytes.data();
  if (bytes.size() < 4 || read_u32(header) != record::kMagic) return RecordError::not_a_record;
  if (bytes.size() < kRecordHeaderBytes) return RecordError::length;
  if (header[record::kVersionAt] != record::kVersion) return RecordError::version;
  if (read_u32(header + record::kTablesAt) != patch_tables_version()) return RecordError::tables;
  shape = {header[record::kCodeBytesAt],        read_number<std::uint16_t>(header + record::kCountAt),
           header[record::kColumnsAt],          header[record::kRowsAt],
           read_u32(header + record::kWidthAt), read_u32(header + record::kHeightAt)};
  const GridShape grid{shape.grid_columns, shape.grid_rows};
  const bool known = (shape.code_bytes == 8 || shape.code_bytes == 16) && shape.feature_count <= kMaxPatches &&
                     shape.width > 0 && shape.height > 0 &&
                     read_number<std::uint16_t>(header + record::kFlagsAt) == 0 &&
                     (grid == GridShape{} || grid == grid_shape(shape.width, shape.height));
  return known ? RecordError::ok : RecordError::content;
}

RecordError read_record(std::span<const std::uint8_t> bytes, Record& record) noexcept {
  RecordShape shape;
  const RecordError error = read_record_header(bytes, shape);
  if (error != RecordError::ok) return error;
  if (bytes.size() != record_bytes(shape)) return RecordError::length;
  if (record::sum_of(bytes) != read_u64(bytes.data() + record::kSumAt)) return RecordError::checksum;
  const std::uint8_t* features = bytes.data() + kRecordHeaderBytes;
  const Record read{shape, features, features + shape.feature_count * feature_bytes(shape.code_bytes)};
  if (!record::valid_features(read) || !valid_grid(read.grid, {shape.grid_columns, shape.grid_rows}))
    return RecordError::content;
  record = read;
  return RecordError::ok;
}

void seal_record(std::span<std::uint8_t> bytes, const RecordShape& shape) noexcept {
  std::uint8_t* header = bytes.data();
  write_number(header, record::kMagic);
  header[record::kVersionAt] = record::kVersion;
  header[record::kCodeBytesAt] = static_cast<std::uint8_t>(shape.code_bytes);
  write_number(header + record::kFlagsAt, std::uint16_t{0});
  write_number(header + record::kWidthAt, shape.width);
  write_number(header + record::kHeightAt, shape.height);
  write_number(header + record::kCountAt, static_cast<std::uint16_t>(shape.feature_count));
  header[record::kColumnsAt] = static_cast<std::uint8_t>(shape.grid_columns);
  header[record::kRowsAt] = static_cast<std::uint8_t>(shape.grid_rows);
  write_number(header + record::kTablesAt, patch_tables_version());
  write_number(header + record::kSumAt, record::sum_of(bytes));
}

std::vector<std::uint8_t> write_record(const Patches& patches, std::uint32_t max_features, std::uint32_t code_bytes,
                                       bool with_grid) {
  const GridShape grid = with_grid ? grid_shape(patches.source_width, patches.source_height) : GridShape{};
  const std::size_t count = std::min({patches.places.size(), std::size_t{max_features}, std::size_t{kMaxPatches}});
  const RecordShape shape{code_bytes,           static_cast<std::uint32_t>(count),
                          grid.columns,         grid.rows,
                          patches.source_width, patches.source_height};
  std::vector<std::uint8_t> bytes(record_bytes(shape));
  const auto long_side = static_cast<float>(std::max(patches.width, patches.height));
  std::uint8_t* at = bytes.data() + kRecordHeaderBytes;
  for (std::size_t i = 0; i < count; ++i, at += feature_bytes(code_bytes)) {
    const Code code = code_of(patches.histograms[i]);
    std::memcpy(at, code.words.data(), code_bytes);
    write_number(at + code_bytes, key_of(patches.histograms[i]).bits);
    write_number(at + code_bytes + 4, pack_place(patches.places[i], long_side));
  }
  if (grid.columns > 0) write_grid(patches, grid, at);
  seal_record(bytes, shape);
  return bytes;
}

}  // namespace egide
