// Indexes of patches for Node, searched where they lie. Building, opening and checking are index.cpp's.
#include <napi.h>

#include <algorithm>
#include <vector>

#include "core/index/index_build.hpp"
#include "core/patch/answer.hpp"
#include "core/patch/ask.hpp"
#include "core/patch/patch_index.hpp"
#include "core/patch/patch_stops.hpp"
#include "core/patch/patches_format.hpp"
#include "node/addon.hpp"
#include "node/areas.hpp"
#include "node/arguments.hpp"

namespace egide::node {
namespace {

// The shape that four arguments tell: features, images, pieces of grids, bytes of a code.
IndexShape shape_of(const Napi::CallbackInfo& info, std::size_t first) {
  const auto count = [&](std::size_t i) { return static_cast<std::uint64_t>(info[first + i].ToNumber().Int64Value()); };
  return patch_shape({count(0), count(1), count(2)}, info[first + 3].ToNumber().Uint32Value() == 8 ? 8 : 16);
}

// patchIndexTotals(records, bytes of a code) -> [features, images, pieces of grids], or undefined
Napi::Value patch_index_totals(const Napi::CallbackInfo& info) {
  PatchTotals totals;
  if (!add_totals(bytes_of(info[0]), info[1].ToNumber().Uint32Value(), totals)) return info.Env().Undefined();
  auto array = Napi::Array::New(info.Env(), 3);
  array.Set(0u, static_cast<double>(totals.features));
  array.Set(1u, static_cast<double>(totals.images));
  array.Set(2u, static_cast<double>(totals.grid_blocks));
  return array;
}

// patchIndexBytes(features, images, grid blocks, bytes of a code) -> { indexBytes, scratchBytes }
Napi::Value patch_index_bytes(const Napi::CallbackInfo& info) {
  const IndexShape shape = shape_of(info, 0);
  auto value = Napi::Object::New(info.Env());
  value.Set("indexBytes", static_cast<double>(layout_of(shape).total));
  value.Set("scratchBytes", static_cast<double>(index_scratch_bytes(shape)));
  return value;
}

// patchIndexBegin(index, scratch, …shape) -> boolean
Napi::Value patch_index_begin(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), index_build_begin(work_of(info), shape_of(info, 2 * kAreaArguments)));
}

// Segments from one flat array: memory, offset, length and the bytes of what is removed, of each.
struct Segments {
  std::vector<Index> indexes;
  std::vector<PatchSegment> segments;
  IndexError error = IndexError::ok;
};

Segments segments_of(const Napi::Value& value) {
  const auto flat = value.As<Napi::Array>();
  Segments found;
  std::vector<std::span<const std::uint8_t>> removed;
  for (std::uint32_t i = 0; i + 3 < flat.Length() && found.error == IndexError::ok; i += 4) {
    const Napi::Value memory = flat[i], offset = flat[i + 1], length = flat[i + 2], gone = flat[i + 3];
    Index index;
    found.error = read_index(area_in(memory, offset, length), index);
    if (found.error == IndexError::ok && index.shape.kind != IndexKind::patch) found.error = IndexError::kind;
    found.indexes.push_back(index);
    removed.push_back(bytes_of(gone));
  }
  for (std::size_t i = 0; i < found.indexes.size(); ++i) found.segments.push_back({found.indexes[i], removed[i]});
  return found;
}

// patchIndexSearch(segments, patches, variants, deep, images) -> minus an error, or { numbers, truncated }; undefined
// if the second are no patches
Napi::Value patch_index_search(const Napi::CallbackInfo& info) {
  const Segments bank = segments_of(info[0]);
  if (bank.error != IndexError::ok) return failed(info, bank.error);
  Patches patches;
  if (!read_patches(bytes_of(info[1]), patches)) return info.Env().Undefined();
  const Asked asked = ask(bank.segments, patches, info[2].ToNumber().Uint32Value(), info[3].ToBoolean(),
                          info[4].ToNumber().DoubleValue());
  if (asked.error != IndexError::ok) return failed(info, asked.error);
  auto numbers = Napi::Float64Array::New(info.Env(), asked.numbers.size());
  std::copy(asked.numbers.begin(), asked.numbers.end(), numbers.Data());
  auto value = Napi::Object::New(info.Env());
  value.Set("numbers", numbers);
  value.Set("truncated", asked.truncated);
  return value;
}

Index index_at(const Napi::CallbackInfo& info, IndexError& error) {
  Index index;
  error = read_index(area_of(info, 0), index);
  if (error == IndexError::ok && index.shape.kind != IndexKind::patch) error = IndexError::kind;
  return index;
}

// patchIndexRecord(index, image) -> bytes, or minus an error
Napi::Value patch_index_record(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_at(info, error);
  std::vector<std::uint8_t> record;
  if (error == IndexError::ok) error = record_at(index, info[kAreaArguments].ToNumber().Uint32Value(), record);
  return error == IndexError::ok ? array_of(info.Env(), record) : failed(info, error);
}

// patchIndexIds(index, first, ids: Uint32Array) -> 0, or minus an error: ids of the images from `first` on
Napi::Value patch_index_ids(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_at(info, error);
  if (error != IndexError::ok) return failed(info, error);
  const std::uint32_t first = info[kAreaArguments].ToNumber().Uint32Value();
  const auto ids = numbers_of(info[kAreaArguments + 1]);
  if (first + std::uint64_t{ids.size()} > index.shape.images) return failed(info, IndexError::position);
  for (std::uint32_t i = 0; i < ids.size(); ++i) ids[i] = index.id(first + i);
  return number(info, 0);
}

// patchStopsCollect(segments, first key, units) -> minus an error, or { nextKey, entries }
Napi::Value patch_stops_collect(const Napi::CallbackInfo& info) {
  const Segments bank = segments_of(info[0]);
  if (bank.error != IndexError::ok) return failed(info, bank.error);
  std::vector<std::uint8_t> entries;
  const StopProgress progress = collect_stops(bank.segments, info[1].ToNumber().Uint32Value(),
                                              static_cast<std::uint64_t>(info[2].ToNumber().Int64Value()), entries);
  if (progress.error != IndexError::ok) return failed(info, progress.error);
  auto value = Napi::Object::New(info.Env());
  value.Set("nextKey", progress.next_key);
  value.Set("entries", array_of(info.Env(), entries));
  return value;
}

// patchStopsWrite(entries, bytes of a code) -> bytes of the table
Napi::Value patch_stops_write(const Napi::CallbackInfo& info) {
  return array_of(info.Env(), write_stops(bytes_of(info[0]), info[1].ToNumber().Uint32Value() == 8 ? 8 : 16));
}

// patchStopsOpen(table) -> { codeBytes, count }, or an error's number
Napi::Value patch_stops_open(const Napi::CallbackInfo& info) {
  StopTable table;
  const RecordError error = read_stops(bytes_of(info[0]), table);
  if (error != RecordError::ok) return number(info, static_cast<double>(error));
  auto value = Napi::Object::New(info.Env());
  value.Set("codeBytes", table.code_bytes);
  value.Set("count", static_cast<double>(table.count));
  return value;
}

// patchStopsMark(index, table, state, units) -> units left, or -1 if the table does not fit the index
Napi::Value patch_stops_mark(const Napi::CallbackInfo& info) {
  const auto state = bytes_of(info[2 * kAreaArguments]);
  if (state.size() != kStopStateBytes) throw Napi::RangeError::New(info.Env(), "the state has another length");
  const IndexProgress progress = mark_stops(
      writable_area_of(info, 0), area_of(info, kAreaArguments), {const_cast<std::uint8_t*>(state.data()), state.size()},
      static_cast<std::uint64_t>(info[2 * kAreaArguments + 1].ToNumber().Int64Value()));
  return number(info, progress.ok ? static_cast<double>(progress.left) : -1);
}

}  // namespace

void export_patch_index(Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(exports.Env(), function));
  };
  add("patchIndexTotals", guarded<patch_index_totals>);
  add("patchIndexBytes", guarded<patch_index_bytes>);
  add("patchIndexBegin", guarded<patch_index_begin>);
  add("patchIndexSearch", guarded<patch_index_search>);
  add("patchIndexRecord", guarded<patch_index_record>);
  add("patchIndexIds", guarded<patch_index_ids>);
  add("patchStopsCollect", guarded<patch_stops_collect>);
  add("patchStopsWrite", guarded<patch_stops_write>);
  add("patchStopsOpen", guarded<patch_stops_open>);
  add("patchStopsMark", guarded<patch_stops_mark>);
}

}  // namespace egide::node
