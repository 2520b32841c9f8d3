#include "core/hamming/band_search.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/index/little_endian.hpp"
#include "core/kernels/prefetch.hpp"

namespace egide {
namespace {

constexpr std::size_t kLine = 64;  // bytes of a cache line
// Lines of a run that are asked for ahead; a longer run is read so evenly that the processor runs ahead by itself.
constexpr std::uint32_t kLinesAhead = 8;

}  // namespace

BandSearch::BandSearch(const Index& index, std::span<const Bands> queries, std::uint32_t max_distance,
                       const BandPlan& plan, const SearchKernels& kernels, std::span<HammingHit> hits) noexcept
    : index_(index), queries_(queries), max_distance_(max_distance), plan_(plan), kernels_(kernels), hits_(hits) {
  for (Survivors& survivors : survivors_) survivors.count = 0;
}

IndexError BandSearch::run() noexcept {
  Cursor ahead, next, now;
  Runs runs[2];
  bool more_ahead = settle(ahead), more_next = settle(next), more_now = settle(now);
  for (std::uint32_t step = 0; more_now && error_ == IndexError::ok; ++step) {
    if (more_ahead) ask_for_starts(ahead), more_ahead = advance(ahead);
    if (step >= 1 && more_next) ask_for_tags(next, runs[(step - 1) % 2]), more_next = advance(next);
    if (step >= 2) filter(now, runs[step % 2]), more_now = advance(now);
  }
  rotate();
  rotate();
  return error_;
}

// Sets the cursor's count, moving on over bands that are not probed; false behind the last query.
bool BandSearch::settle(Cursor& cursor) const noexcept {
  for (; cursor.query < queries_.size(); ++cursor.query, cursor.band = 0)
    for (; cursor.band < kBands; ++cursor.band, cursor.first = 0) {
      const std::uint32_t probes = flips_within(plan_.radius[cursor.band]);
      cursor.count = std::min(kGroup, probes - cursor.first);
      if (cursor.count > 0) return true;
    }
  return false;
}

bool BandSearch::advance(Cursor& cursor) const noexcept {
  cursor.first += cursor.count;
  return settle(cursor);
}

// Where in the directory the bucket of a probe begins.
std::uint64_t BandSearch::start_of(const Cursor& probes, std::uint32_t flip) const noexcept {
  return std::uint64_t{probes.band} * kBandStarts + (queries_[probes.query][probes.band] ^ flips()[flip]);
}

void BandSearch::ask_for_starts(const Cursor& probes) const noexcept {
  const std::uint8_t* directory = index_.bytes + index_.layout.directory;
  for (std::uint32_t i = probes.first; i < probes.first + probes.count; ++i)
    kernels::prefetch(directory + 4 * start_of(probes, i));
}

void BandSearch::ask_for_tags(const Cursor& probes, Runs& runs) noexcept {
  const std::uint8_t* tags = index_.bytes + index_.layout.tags + 2 * probes.band * index_.layout.band_entries;
  runs.count = 0;
  for (std::uint32_t i = probes.first; i < probes.first + probes.count; ++i) {
    const std::uint64_t start = start_of(probes, i);
    const std::uint32_t begin = index_.start(start), end = index_.start(start + 1);
    if (begin > end || end > index_.shape.count) {
      error_ = IndexError::directory;
      return;
    }
    if (begin == end) continue;
    const auto turned = static_cast<std::uint32_t>(std::popcount(flips()[i]));
    runs.runs[runs.count++] = {begin, end, static_cast<std::uint32_t>(plan_.with_tag[probes.band]) - turned};
    if (!index_.shape.tags) continue;
    const std::uint8_t* line = tags + std::uint64_t{begin} * 2 / kLine * kLine;
    const std::uint8_t* last = std::min(tags + std::uint64_t{end} * 2, line + kLinesAhead * kLine);
    for (; line < last; line += kLine) kernels::prefetch(line);
  }
}

// Cuts the runs into batches that the survivors' room can hold.
void BandSearch::filter(const Cursor& probes, const Runs& runs) noexcept {
  std::array<kernels::TagRun, kGroup> batch;
  std::uint32_t count = 0, entries = 0;
  for (std::uint32_t r = 0; r < runs.count && error_ == IndexError::ok; ++r) {
    kernels::TagRun left = runs.runs[r];
    while (left.begin < left.end) {
      const std::uint32_t taken = std::min(left.end - left.begin, kBatch - entries);
      batch[count++] = {left.begin, left.begin + taken, left.limit};
      left.begin += taken, entries += taken;
      if (entries < kBatch) continue;
      filter_batch(probes, std::span(batch).first(count));
      count = entries = 0;
    }
  }
  filter_batch(probes, std::span(batch).first(count));
}

void BandSearch::filter_batch(const Cursor& probes, std::span<const kernels::TagRun> runs) noexcept {
  Survivors& survivors = survivors_[newest_];
  survivors.query = probes.query, survivors.band = probes.band, survivors.count = 0;
  const std::uint64_t band = probes.band * index_.layout.band_entries;
  if (index_.shape.tags) {
    const auto* tags = reinterpret_cast<const std::uint16_t*>(index_.bytes + index_.layout.tags) + band;
    const std::uint16_t query_tag = queries_[probes.query][(probes.band + 1) % kBands];
    survivors.count = static_cast<std::uint32_t>(
        kernels_.tags.run(runs.data(), runs.size(), tags, query_tag, survivors.entries.data()));
  } else {
    for (const kernels::TagRun& run : runs)
      for (std::uint32_t i = run.begin; i < run.end; ++i) survivors.entries[survivors.count++] = i;
  }
  const std::uint8_t* positions = index_.bytes + index_.layout.positions;
  for (std::uint32_t i = 0; i < survivors.count; ++i)
    kernels::prefetch(positions + index_.layout.position_bytes * (band + survivors.entries[i]));
  rotate();
}

// The two batches behind the newest each go on by a stage; the older one's room is then free.
void BandSearch::rotate() noexcept {
  ask_for_rows(survivors_[(newest_ + 2) % 3]);
  Survivors& oldest = survivors_[(newest_ + 1) % 3];
  verify(oldest);
  oldest.count = 0;
  newest_ = (newest_ + 1) % 3;
}

void BandSearch::ask_for_rows(Survivors& survivors) noexcept {
  const std::uint32_t width = index_.layout.position_bytes;
  const std::uint8_t* positions =
      index_.bytes + index_.layout.positions + width * (survivors.band * index_.layout.band_entries);
  const std::uint8_t* rows = index_.bytes + index_.layout.rows;
  for (std::uint32_t i = 0; i < survivors.count; ++i) {
    std::uint32_t position = 0;
    std::memcpy(&position, positions + width * std::uint64_t{survivors.entries[i]}, width);
    if (position >= index_.shape.count) {
      error_ = IndexError::position;
      position = 0;
    }
    survivors.entries[i] = position;
    kernels::prefetch(rows + kPdqBytes * std::uint64_t{position});
  }
}

void BandSearch::verify(const Survivors& survivors) noexcept {
  const std::uint8_t* rows = index_.bytes + index_.layout.rows;
  const Bands& query = queries_[survivors.query];
  const auto* query_bytes = reinterpret_cast<const std::uint8_t*>(query.data());
  for (std::uint32_t i = 0; i < survivors.count; ++i) {
    const std::uint8_t* row = rows + kPdqBytes * std::uint64_t{survivors.entries[i]};
    const std::uint32_t distance = hamming_distance(query_bytes, row);
    if (distance > max_distance_ || found_before(query, row, survivors.band)) continue;
    if (found_ < hits_.size()) hits_[found_] = {survivors.query, index_.id(survivors.entries[i]), distance};
    ++found_;
  }
}

// Whether an earlier band has led to the same row.
bool BandSearch::found_before(const Bands& query, const std::uint8_t* row, std::uint32_t band) const noexcept {
  const auto differing = [&](std::uint32_t b) {
    return std::popcount(static_cast<std::uint16_t>(query[b] ^ read_number<std::uint16_t>(row + 2 * b)));
  };
  for (std::uint32_t b = 0; b < band; ++b) {
    const int key = differing(b);
    if (key > plan_.radius[b]) continue;
    if (!index_.shape.tags || key + differing((b + 1) % kBands) <= plan_.with_tag[b]) return true;
  }
  return false;
}

}  // namespace egide
