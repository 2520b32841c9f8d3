// Banks for the benchmark of searching patches: real records, and records made of them in any number.
#pragma once

#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/index/index_build.hpp"
#include "core/patch/patch_index.hpp"
#include "core/patch/patch_stops.hpp"
#include "patch_pictures.hpp"

namespace egide::bench {

inline std::uint64_t next_random(std::uint64_t& state) {  // splitmix64 (S. Vigna, public domain)
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/// The first `real()` images are real records. Every further one has the frame, the number of features and the grid of
/// a real one, and features drawn from all real ones: each with the key and the place that it had there, and with
/// kTurnedBits of its code turned over. So keys are exactly as common as in real pictures, and a query meets as many
/// entries of an image as among them. Fewer bits would lie within stop_distance and make everything a stop feature.
class PatchBank {
 public:
  static constexpr int kTurnedBits = 17;

  /// `bytes`: standard records, one after the other.
  explicit PatchBank(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {
    for (std::size_t at = 0; at < bytes_.size();) {
      RecordShape shape;
      require(read_record_header(std::span(bytes_).subspan(at), shape) == RecordError::ok && shape.code_bytes == 16 &&
                  at + record_bytes(shape) <= bytes_.size(),
              "a standard record");
      Record record;
      require(read_record(std::span(bytes_).subspan(at, record_bytes(shape)), record) == RecordError::ok, "a record");
      records_.push_back(record);
      for (std::uint32_t i = 0; i < shape.feature_count; ++i)
        features_.push_back(record.features + i * feature_bytes(16));
      at += record_bytes(shape);
    }
  }
  std::size_t real() const { return records_.size(); }

  RecordShape shape(std::uint64_t image, std::uint32_t code_bytes) const {
    RecordShape shape = frame_of(image).shape;
    shape.code_bytes = code_bytes;
    if (code_bytes == 8) shape.feature_count = std::min(shape.feature_count, kCompactFeatures);
    return shape;
  }

  /// A compact record is the beginning of the standard one, with the first half of its codes.
  std::vector<std::uint8_t> record(std::uint64_t image, std::uint32_t code_bytes) const {
    const Record& frame = frame_of(image);
    const RecordShape shape = this->shape(image, code_bytes);
    std::vector<std::uint8_t> bytes(record_bytes(shape));
    std::uint8_t* at = bytes.data() + kRecordHeaderBytes;
    std::uint64_t state = image * 0x100000001b3u + 5;
    for (std::uint32_t i = 0; i < shape.feature_count; ++i, at += feature_bytes(code_bytes)) {
      std::uint8_t feature[feature_bytes(16)];
      if (image < real())
        std::memcpy(feature, frame.features + i * feature_bytes(16), sizeof feature);
      else
        make(feature, state);
      std::memcpy(at, feature, code_bytes);
      std::memcpy(at + code_bytes, feature + 16, 8);
    }
    std::memcpy(at, frame.grid, grid_bytes({shape.grid_columns, shape.grid_rows}));
    seal_record(bytes, shape);
    return bytes;
  }

 private:
  const Record& frame_of(std::uint64_t image) const {
    std::uint64_t state = image + 1;
    return records_[image < real() ? image : next_random(state) % real()];
  }

  void make(std::uint8_t* feature, std::uint64_t& state) const {
    std::memcpy(feature, features_[next_random(state) % features_.size()], feature_bytes(16));
    std::uint8_t turned[16] = {};
    for (int count = 0; count < kTurnedBits;) {
      const std::uint64_t bit = next_random(state) % 128;
      const auto mask = static_cast<std::uint8_t>(1u << bit % 8);
      if ((turned[bit / 8] & mask) != 0) continue;
      turned[bit / 8] |= mask, feature[bit / 8] ^= mask, ++count;
    }
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<Record> records_;
  std::vector<const std::uint8_t*> features_;
};

/// Memory at a cache line, in huge pages where the system gives them: what both doors do.
class Area {
 public:
  explicit Area(std::size_t bytes) : bytes_(bytes), memory_(new std::uint8_t[bytes + kHuge]) {
    start_ = memory_.get() + (kHuge - reinterpret_cast<std::uintptr_t>(memory_.get()) % kHuge);
#if defined(MADV_HUGEPAGE)
    madvise(start_, bytes / kHuge * kHuge, MADV_HUGEPAGE);
#endif
  }
  std::span<std::uint8_t> span() const { return {start_, bytes_}; }

 private:
  static constexpr std::size_t kHuge = std::size_t{2} << 20;
  std::size_t bytes_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::uint8_t* start_;
};

/// An index that was built as `buildPatchIndex` builds it, and how long that took.
struct BuiltBank {
  PatchTotals totals;
  std::unique_ptr<Area> area;
  Index index;
  /// Seconds of processor time: adding records, sorting, and finding and marking stop features.
  double add = 0, sort = 0, stops = 0;
  std::size_t stop_entries = 0;
};

template <typename Work>
double seconds_of(Work&& work) {
  const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
  work();
  return (clock_us(CLOCK_THREAD_CPUTIME_ID) - start) / 1e6;
}

inline BuiltBank build_bank(const PatchBank& bank, std::uint64_t images, std::uint32_t code_bytes) {
  constexpr std::uint64_t kUnits = std::uint64_t{1} << 21;  // at a time, about what `buildPatchIndex` does
  BuiltBank built;
  for (std::uint64_t i = 0; i < images; ++i) {
    const RecordShape shape = bank.shape(i, code_bytes);
    built.totals.features += shape.feature_count;
    built.totals.images += 1;
    built.totals.grid_blocks += grid_blocks({shape.grid_columns, shape.grid_rows});
  }
  const IndexShape shape = patch_shape(built.totals, code_bytes);
  built.area = std::make_unique<Area>(layout_of(shape).total);
  auto scratch = std::make_unique<Area>(index_scratch_bytes(shape));
  const IndexWork work{built.area->span(), scratch->span()};
  require(index_build_begin(work, shape), "the build begins");
  for (std::uint32_t i = 0; i < images; ++i) {
    const std::vector<std::uint8_t> record = bank.record(i, code_bytes);
    built.add += seconds_of([&] { require(index_build_add(work, record, {&i, 1}), "a record is added"); });
  }
  built.sort = seconds_of([&] {
    while (index_build_step(work, kUnits).left > 0) continue;
  });
  scratch.reset();
  require(read_index(work.index, built.index) == IndexError::ok, "the index opens");
  built.stops = seconds_of([&] {
    std::vector<std::uint8_t> entries;
    const PatchSegment segment{built.index, {}};
    for (std::uint32_t key = 0; key < kStopKeys;) {
      const StopProgress progress = collect_stops({&segment, 1}, key, kUnits, entries);
      require(progress.error == IndexError::ok, "stop features are collected");
      key = progress.next_key;
    }
    const std::vector<std::uint8_t> bytes = write_stops(entries, code_bytes);
    StopTable table;
    require(read_stops(bytes, table) == RecordError::ok, "the table of stop features");
    built.stop_entries = table.count;
    std::vector<std::uint8_t> state(kStopStateBytes);
    while (mark_stops(work.index, bytes, state, kUnits).left > 0) continue;
  });
  require(read_index(work.index, built.index) == IndexError::ok && check_directory(built.index) == IndexError::ok,
          "the marked index opens");
  return built;
}

}  // namespace egide::bench
