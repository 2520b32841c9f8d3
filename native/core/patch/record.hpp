// What a bank keeps of one picture: its codes, keys and places, packed (docs/formats.md), and the dense grid.
#pragma once

#include "core/patch/feature.hpp"
#include "core/patch/grid.hpp"

namespace egide {

/// The long side of the frame that places of a record are given in: all tolerances are in these pixels.
inline constexpr float kReferenceSide = 640;

struct RecordShape {
  /// Bytes of a code: 16 (`standard`), or 8 (`compact`).
  std::uint32_t code_bytes = 16;
  std::uint32_t feature_count = 0;
  /// Cells of the dense grid, 0 without one: 32 on the long side, the short one in proportion, at least 1.
  std::uint32_t grid_columns = 0, grid_rows = 0;
  /// Pixels of the enrolled picture, upright.
  std::uint32_t width = 0, height = 0;
};

enum class RecordError : std::uint8_t {
  ok = 0,
  not_a_record = 1,
  version = 2,
  tables = 3,
  length = 4,
  checksum = 5,
  content = 6
};

inline constexpr std::size_t kRecordHeaderBytes = 32;
/// The bit of a key's word that marks a stop feature.
inline constexpr std::uint32_t kStopBit = 1u << 31;

/// Bytes of a feature: code, key, place.
constexpr std::uint64_t feature_bytes(std::uint32_t code_bytes) noexcept { return std::uint64_t{code_bytes} + 8; }

/// Length of a record.
constexpr std::uint64_t record_bytes(const RecordShape& shape) noexcept {
  return kRecordHeaderBytes + shape.feature_count * feature_bytes(shape.code_bytes) +
         grid_bytes({shape.grid_columns, shape.grid_rows});
}

/// A view of a record's bytes.
struct Record {
  RecordShape shape;
  const std::uint8_t* features = nullptr;  // feature_count x (code, key u32, place u32)
  const std::uint8_t* grid = nullptr;      // 4 bits a cell, low nibble first: step right, step down (2 bits each)

  Code code(std::uint32_t feature) const noexcept;          // the second word is 0 where code_bytes is 8
  std::uint32_t key(std::uint32_t feature) const noexcept;  // the low kKeyBits
  /// Seen on screens everywhere, tells nothing.
  bool stop(std::uint32_t feature) const noexcept;
  Place place(std::uint32_t feature) const noexcept;  // in the frame of kReferenceSide
};

/// A place in 32 bits, from the lowest: x and y in 1/1024 of the long side (10 bits each, rounded down: a place is
/// unpacked to the middle of what it was rounded from), log2 of sigma in eighths of an octave (6, to the nearest; sigma
/// in pixels of the frame, 1 to 234), angle in 64ths of a turn (6, to the nearest). What lies outside goes to the
/// nearest end. `place` is in a working picture whose long side is `long_side`.
std::uint32_t pack_place(const Place& place, float long_side) noexcept;
Place unpack_place(std::uint32_t packed) noexcept;

/// Looks at the header alone, whatever follows it: what the record's length follows from. The checksum is not summed
/// up.
RecordError read_record_header(std::span<const std::uint8_t> bytes, RecordShape& shape) noexcept;

/// Reads and checks; whatever the bytes are, nothing is read beyond them.
RecordError read_record(std::span<const std::uint8_t> bytes, Record& record) noexcept;

/// Writes the header before features and grid that are in place already: `record_bytes(shape)` bytes.
void seal_record(std::span<std::uint8_t> bytes, const RecordShape& shape) noexcept;

/// The first `max_features` of a picture, at most kMaxPatches; `code_bytes` is 16 or 8.
std::vector<std::uint8_t> write_record(const Patches& patches, std::uint32_t max_features, std::uint32_t code_bytes,
                                       bool with_grid);

}  // namespace egide
