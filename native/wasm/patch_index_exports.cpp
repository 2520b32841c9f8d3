// Indexes of patches as flat C functions (see index_exports.cpp and patch_exports.cpp).
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "core/patch/ask.hpp"
#include "core/patch/patch_index.hpp"
#include "core/patch/patch_stops.hpp"
#include "core/patch/patches_format.hpp"
#include "wasm/export.hpp"

namespace {

egide::IndexShape patch_shape_of(double features, double images, double grid_blocks,
                                 std::uint32_t code_bytes) noexcept {
  return egide::patch_shape({static_cast<std::uint64_t>(features), static_cast<std::uint64_t>(images),
                             static_cast<std::uint64_t>(grid_blocks)},
                            code_bytes == 8 ? 8 : 16);
}

// A segment as the TypeScript side writes it: its bytes, and those that say which images are removed.
struct SegmentArea {
  const std::uint8_t* bytes;
  std::uint32_t length;
  const std::uint8_t* removed;
  std::uint32_t removed_length;
};

struct Bank {
  std::vector<egide::Index> indexes;
  std::vector<egide::PatchSegment> segments;
  egide::IndexError error = egide::IndexError::ok;
};

egide::IndexError open_patch_index(const std::uint8_t* bytes, std::uint32_t length, egide::Index& index) noexcept {
  const egide::IndexError error = egide::read_index({bytes, length}, index);
  if (error != egide::IndexError::ok) return error;
  return index.shape.kind == egide::IndexKind::patch ? error : egide::IndexError::kind;
}

Bank bank_of(const SegmentArea* areas, std::uint32_t count) {
  Bank bank;
  bank.indexes.resize(count);
  for (std::uint32_t i = 0; i < count && bank.error == egide::IndexError::ok; ++i)
    bank.error = open_patch_index(areas[i].bytes, areas[i].length, bank.indexes[i]);
  for (std::uint32_t i = 0; i < count; ++i)
    bank.segments.push_back({bank.indexes[i], {areas[i].removed, areas[i].removed_length}});
  return bank;
}

double patch_failed(egide::IndexError error) noexcept { return -static_cast<double>(error); }

std::uint32_t address_of(const Bytes* bytes) noexcept {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(bytes));
}

}  // namespace

/// 1, and three numbers: features, images, pieces of grids; 0 if something is no record.
EGIDE_EXPORT(patch_index_totals)
std::uint32_t egide_patch_index_totals(const std::uint8_t* records, std::uint32_t length, std::uint32_t code_bytes,
                                       double* totals) {
  egide::PatchTotals sum;
  if (!egide::add_totals({records, length}, code_bytes, sum)) return 0;
  totals[0] = static_cast<double>(sum.features);
  totals[1] = static_cast<double>(sum.images);
  totals[2] = static_cast<double>(sum.grid_blocks);
  return 1;
}

EGIDE_EXPORT(patch_index_bytes)
double egide_patch_index_bytes(double features, double images, double grid_blocks, std::uint32_t code_bytes) {
  return static_cast<double>(egide::layout_of(patch_shape_of(features, images, grid_blocks, code_bytes)).total);
}

EGIDE_EXPORT(patch_index_scratch_bytes)
double egide_patch_index_scratch_bytes(double features, double images, double grid_blocks, std::uint32_t code_bytes) {
  return static_cast<double>(egide::index_scratch_bytes(patch_shape_of(features, images, grid_blocks, code_bytes)));
}

EGIDE_EXPORT(patch_index_begin)
std::uint32_t egide_patch_index_begin(std::uint8_t* index, std::uint32_t bytes, std::uint8_t* scratch,
                                      std::uint32_t scratch_bytes, double features, double images, double grid_blocks,
                                      std::uint32_t code_bytes) {
  const egide::IndexShape shape = patch_shape_of(features, images, grid_blocks, code_bytes);
  return egide::index_build_begin({{index, bytes}, {scratch, scratch_bytes}}, shape) ? 1 : 0;
}

/// 0 or minus an error, or 1 if the bytes are no patches; writes where the answers' numbers are, and whether something
/// was cut off.
EGIDE_EXPORT(patch_index_search)
double egide_patch_index_search(const SegmentArea* areas, std::uint32_t count, const std::uint8_t* patches,
                                std::uint32_t length, std::uint32_t variants, std::uint32_t deep, double images,
                                std::uint32_t* out) {
  const Bank bank = bank_of(areas, count);
  if (bank.error != egide::IndexError::ok) return patch_failed(bank.error);
  egide::Patches read;
  if (!egide::read_patches({patches, length}, read)) return 1;
  const egide::Asked asked = egide::ask(bank.segments, read, variants, deep != 0, images);
  if (asked.error != egide::IndexError::ok) return patch_failed(asked.error);
  out[0] = address_of(bytes_of(asked.numbers));
  out[1] = asked.truncated ? 1 : 0;
  return 0;
}

/// 0 or minus an error; writes where the record's bytes are.
EGIDE_EXPORT(patch_index_record)
double egide_patch_index_record(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t image,
                                std::uint32_t* out) {
  egide::Index index;
  egide::IndexError error = open_patch_index(bytes, length, index);
  Bytes record;
  if (error == egide::IndexError::ok) error = egide::record_at(index, image, record);
  if (error != egide::IndexError::ok) return patch_failed(error);
  out[0] = address_of(new Bytes(std::move(record)));
  return 0;
}

/// 0 or minus an error: ids of `count` images from `first` on.
EGIDE_EXPORT(patch_index_ids)
double egide_patch_index_ids(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t first, std::uint32_t count,
                             std::uint32_t* ids) {
  egide::Index index;
  const egide::IndexError error = open_patch_index(bytes, length, index);
  if (error != egide::IndexError::ok) return patch_failed(error);
  if (std::uint64_t{first} + count > index.shape.images) return patch_failed(egide::IndexError::position);
  for (std::uint32_t i = 0; i < count; ++i) ids[i] = index.id(first + i);
  return 0;
}

/// 0 or minus an error; writes the key to go on with, and where the entries are.
EGIDE_EXPORT(patch_stops_collect)
double egide_patch_stops_collect(const SegmentArea* areas, std::uint32_t count, std::uint32_t first_key, double units,
                                 std::uint32_t* out) {
  const Bank bank = bank_of(areas, count);
  if (bank.error != egide::IndexError::ok) return patch_failed(bank.error);
  Bytes entries;
  const egide::StopProgress progress =
      egide::collect_stops(bank.segments, first_key, static_cast<std::uint64_t>(units), entries);
  if (progress.error != egide::IndexError::ok) return patch_failed(progress.error);
  out[0] = progress.next_key;
  out[1] = address_of(new Bytes(std::move(entries)));
  return 0;
}

EGIDE_EXPORT(patch_stops_write)
Bytes* egide_patch_stops_write(const std::uint8_t* entries, std::uint32_t length, std::uint32_t code_bytes) {
  return new Bytes(egide::write_stops({entries, length}, code_bytes == 8 ? 8 : 16));
}

/// An egide::RecordError; writes bytes of a code, and entries.
EGIDE_EXPORT(patch_stops_open)
std::uint32_t egide_patch_stops_open(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t* facts) {
  egide::StopTable table;
  const egide::RecordError error = egide::read_stops({bytes, length}, table);
  facts[0] = table.code_bytes, facts[1] = static_cast<std::uint32_t>(table.count);
  return static_cast<std::uint32_t>(error);
}

/// Units left, or -1 if the table does not fit the index. `state` has kStopStateBytes.
EGIDE_EXPORT(patch_stops_mark)
double egide_patch_stops_mark(std::uint8_t* index, std::uint32_t bytes, const std::uint8_t* table, std::uint32_t length,
                              std::uint8_t* state, double units) {
  const egide::IndexProgress progress = egide::mark_stops(
      {index, bytes}, {table, length}, {state, egide::kStopStateBytes}, static_cast<std::uint64_t>(units));
  return progress.ok ? static_cast<double>(progress.left) : -1;
}
