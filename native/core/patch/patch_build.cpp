#include "core/patch/patch_build.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/index/little_endian.hpp"
#include "core/kernels/prefetch.hpp"
#include "core/patch/patch_index.hpp"

namespace egide {
namespace patch_build {

constexpr std::uint32_t kHalfBits = kKeyBits / 2, kHalfValues = 1u << kHalfBits, kHalfMask = kHalfValues - 1;
// What moving a feature in each pass, and writing the bucket starts of one low half, costs in units of 2 ns
// (bench/native/patch_bench).
constexpr std::uint64_t kLowUnits = 3, kHighUnits = 20, kStartsUnits = 2000;
// Features whose keys and codes are asked for ahead.
constexpr std::uint64_t kAhead = 24;

std::uint8_t* codes_of(const IndexTarget& target) noexcept { return target.scratch; }
std::uint8_t* order_of(const IndexTarget& target) noexcept {
  return target.scratch + target.shape.width * target.shape.count;
}
// Keys stand where the entries of features will, until these are known.
std::uint8_t* keys_of(const IndexTarget& target) noexcept { return target.bytes + target.layout.entries; }

void write_image(const PatchBuild& build, const IndexTarget& target, std::uint64_t first, std::uint32_t width,
                 std::uint32_t height) noexcept {
  std::uint8_t* row = target.bytes + target.layout.images + kImageBytes * build.images;
  write_number(row, static_cast<std::uint32_t>(first));
  write_number(row + 4, static_cast<std::uint32_t>(build.grid_blocks));
  write_number(row + 8, width);
  write_number(row + 12, height);
}

void write_grid(const PatchBuild& build, const IndexTarget& target, const Record& record, GridShape shape) noexcept {
  std::uint8_t* grid = target.bytes + target.layout.grids + kGridBlock * build.grid_blocks;
  const std::size_t bytes = grid_bytes(shape);
  std::memcpy(grid, record.grid, bytes);
  std::memset(grid + bytes, 0, kGridBlock * grid_blocks(shape) - bytes);
}

void write_feature(PatchBuild& build, const IndexTarget& target, const std::uint8_t* feature,
                   std::uint64_t at) noexcept {
  const std::uint32_t width = target.shape.width, word = read_u32(feature + width);
  const std::uint32_t key = word & ((1u << kKeyBits) - 1);
  std::memcpy(codes_of(target) + width * at, feature, width);
  write_number(keys_of(target) + 4 * at, key);
  std::memcpy(target.bytes + target.layout.places + 4 * at, feature + width + 4, 4);
  std::uint8_t& stops = target.bytes[target.layout.stops + at / 8];
  if (at % 8 == 0) stops = 0;
  stops = static_cast<std::uint8_t>(stops | ((word & kStopBit) != 0 ? 1u << at % 8 : 0));
  if (at % kOwnerStride == 0)
    write_number(target.bytes + target.layout.owners + 4 * (at / kOwnerStride),
                 static_cast<std::uint32_t>(build.images));
  ++build.low[key & kHalfMask], ++build.high[key >> kHalfBits];
}

// Writes to what the sort will fill in no order: memory is given out when it is first written to, and the first steps
// of the sort would wait for all of it.
void touch(const IndexTarget& target, std::uint64_t first, std::uint64_t count) noexcept {
  const std::uint32_t width = target.shape.width;
  std::memset(target.bytes + target.layout.rows + width * first, 0, static_cast<std::size_t>(width * count));
  std::memset(target.bytes + target.layout.positions + 4 * first, 0, static_cast<std::size_t>(4 * count));
  std::memset(order_of(target) + 4 * first, 0, static_cast<std::size_t>(4 * count));
}

void add_record(PatchBuild& build, const IndexTarget& target, const Record& record, std::uint32_t id,
                std::uint64_t first) noexcept {
  touch(target, first, record.shape.feature_count);
  const GridShape grid{record.shape.grid_columns, record.shape.grid_rows};
  write_image(build, target, first, record.shape.width, record.shape.height);
  if (grid != GridShape{}) write_grid(build, target, record, grid);
  write_number(target.bytes + target.layout.ids + 4 * build.images, id);
  for (std::uint32_t i = 0; i < record.shape.feature_count; ++i)
    write_feature(build, target, record.features + feature_bytes(target.shape.width) * i, first + i);
  ++build.images, build.grid_blocks += grid_blocks(grid);
}

// Calls `each` with every record; false at the first that is none, or if `each` says so.
template <typename Each>
bool each_record(std::span<const std::uint8_t> records, Each&& each) noexcept {
  while (!records.empty()) {
    Record record;
    RecordShape shape;
    if (read_record_header(records, shape) != RecordError::ok || record_bytes(shape) > records.size()) return false;
    const auto bytes = records.first(static_cast<std::size_t>(record_bytes(shape)));
    if (read_record(bytes, record) != RecordError::ok || !each(record)) return false;
    records = records.subspan(bytes.size());
  }
  return true;
}

void sort_low(PatchBuild& build, const IndexTarget& target, std::uint64_t from, std::uint64_t to) noexcept {
  const std::uint8_t* keys = keys_of(target);
  std::uint8_t* order = order_of(target);
  for (std::uint64_t i = from; i < to; ++i)
    write_number(order + 4 * std::uint64_t{build.low[read_u32(keys + 4 * i) & kHalfMask]++},
                 static_cast<std::uint32_t>(i));
}

// All keys with a low half below `next_low` are in place: where each high half stands is where its next key begins.
void write_starts(PatchBuild& build, const IndexTarget& target) noexcept {
  const std::uint32_t bits = target.shape.directory_bits, step = 1u << (kKeyBits - bits);
  std::uint8_t* starts = target.bytes + target.layout.directory;
  const std::uint32_t low = build.next_low++;
  if (low % std::min(step, kHalfValues) != 0) return;
  for (std::uint32_t high = 0; high < kHalfValues; high += std::max(step / kHalfValues, 1u))
    write_number(starts + 4 * std::uint64_t{(high << kHalfBits | low) >> (kKeyBits - bits)}, build.high[high]);
}

// Moves features to their entries from number `from` of the order by low halves; returns where it stopped.
std::uint64_t sort_high(PatchBuild& build, const IndexTarget& target, std::uint64_t from, std::uint64_t units,
                        std::uint64_t& used) noexcept {
  const std::uint64_t count = target.shape.count;
  const std::uint32_t width = target.shape.width, bits = number_bits(count);
  const std::uint32_t rest_mask = (1u << (kKeyBits - target.shape.directory_bits)) - 1;
  const std::uint8_t *order = order_of(target), *codes = codes_of(target);
  std::uint8_t *keys = keys_of(target), *rows = target.bytes + target.layout.rows,
               *entries = target.bytes + target.layout.positions;
  std::uint64_t i = from;
  while (used < units && i < count) {
    const std::uint32_t feature = read_u32(order + 4 * i), key = read_u32(keys + 4 * std::uint64_t{feature});
    if ((key & kHalfMask) >= build.next_low) {
      write_starts(build, target);
      used += kStartsUnits;
      continue;
    }
    if (i + kAhead < count) {
      const std::uint64_t ahead = read_u32(order + 4 * (i + kAhead));
      kernels::prefetch(keys + 4 * ahead);
      kernels::prefetch(codes + width * ahead);
    }
    const std::uint32_t entry = build.high[key >> kHalfBits]++;
    write_number(keys + 4 * std::uint64_t{feature}, entry);
    write_number(entries + 4 * std::uint64_t{entry},
                 static_cast<std::uint32_t>(std::uint64_t{key & rest_mask} << bits | feature));
    std::memcpy(rows + width * std::uint64_t{entry}, codes + width * std::uint64_t{feature}, width);
    ++i, used += kHighUnits;
  }
  return i;
}

}  // namespace patch_build

std::uint64_t patch_build_scratch_bytes(const IndexShape& shape) noexcept { return (shape.width + 4) * shape.count; }

bool patch_build_add(PatchBuild& build, const IndexTarget& target, std::span<const std::uint8_t> records,
                     std::span<const std::uint32_t> ids, std::uint64_t& added) noexcept {
  PatchTotals totals{added, build.images, build.grid_blocks};
  const bool sound = patch_build::each_record(records, [&](const Record& record) {
    totals.features += record.shape.feature_count, ++totals.images;
    totals.grid_blocks += grid_blocks({record.shape.grid_columns, record.shape.grid_rows});
    return record.shape.code_bytes == target.shape.width;
  });
  if (!sound || totals.features > target.shape.count || totals.images > target.shape.images ||
      totals.grid_blocks > target.shape.grid_blocks || ids.size() != totals.images - build.images)
    return false;
  const std::uint32_t* id = ids.data();
  patch_build::each_record(records, [&](const Record& record) {
    patch_build::add_record(build, target, record, *id++, added);
    added += record.shape.feature_count;
    return true;
  });
  if (build.images == target.shape.images) patch_build::write_image(build, target, added, 0, 0);
  return true;
}

bool patch_build_complete(const PatchBuild& build, const IndexTarget& target) noexcept {
  return build.images == target.shape.images && build.grid_blocks == target.shape.grid_blocks;
}

std::uint64_t patch_build_left(const PatchBuild& build, const IndexTarget& target) noexcept {
  using namespace patch_build;
  const std::uint64_t count = target.shape.count, low = std::min(build.done, count), high = build.done - low;
  return (count - low) * kLowUnits + (count - high) * kHighUnits + (kHalfValues - build.next_low) * kStartsUnits;
}

std::uint64_t patch_build_step(PatchBuild& build, const IndexTarget& target, std::uint64_t units) noexcept {
  using namespace patch_build;
  const std::uint64_t count = target.shape.count;
  std::uint64_t used = 0;
  if (build.done < count) {
    if (build.done == 0) {
      std::exclusive_scan(build.low, build.low + kHalfValues, build.low, 0u);
      std::exclusive_scan(build.high, build.high + kHalfValues, build.high, 0u);
    }
    const std::uint64_t to = build.done + std::min(count - build.done, units / kLowUnits + 1);
    sort_low(build, target, build.done, to);
    used = (to - build.done) * kLowUnits, build.done = to;
  }
  if (build.done >= count) build.done = count + sort_high(build, target, build.done - count, units, used);
  // Behind the last feature: the starts that are left, and where the last bucket ends.
  while (build.done == 2 * count && build.next_low < kHalfValues && used < units) {
    write_starts(build, target);
    used += kStartsUnits;
  }
  if (build.next_low == kHalfValues)
    write_number(target.bytes + target.layout.directory + (std::uint64_t{4} << target.shape.directory_bits),
                 static_cast<std::uint32_t>(count));
  return used;
}

}  // namespace egide
