#include "core/patch/patch_stops.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/nearest.hpp"

namespace egide {
namespace patch_stops {

// "egps" and what else the header of a table says; 8 bytes before the checksum are zero.
constexpr std::uint32_t kStopMagic = 0x73706765;
constexpr std::uint8_t kStopVersion = 1;
constexpr std::size_t kStopHeaderBytes = 32, kStopVersionAt = 4, kStopCodeBytesAt = 5, kStopCountAt = 8,
                      kStopTablesAt = 16, kStopSumAt = 24;
// Codes that are compared with one at a time.
constexpr std::size_t kCodesAtOnce = 64;
// What a key, a feature, a comparison of two and the look at an image cost in units of 2 ns.
constexpr std::uint64_t kKeyUnits = 10, kFeatureUnits = 20, kPairUnits = 1, kImageUnits = 20, kBytesPerUnit = 8;

constexpr std::size_t kMaskAt = 4, kCodeAt = 8;

std::uint64_t entry_bytes(std::uint32_t code_bytes) noexcept { return kCodeAt + std::uint64_t{code_bytes}; }

std::uint64_t sum_of(std::span<const std::uint8_t> bytes) noexcept {
  Checksum sum;
  sum.update(bytes.first(kStopSumAt));
  sum.update(bytes.subspan(kStopHeaderBytes));
  return sum.value();
}

/// A feature of the key that is looked at, and whose it is.
struct Feature {
  Code code;
  std::uint64_t image;  // segment and image
};

/// The same of all features, apart.
struct Features {
  std::vector<Feature> sorted;
  std::vector<Code> codes;
  std::vector<std::uint64_t> images;
};

// The first key from `key` on that a feature has, or kStopKeys. Never one before it, whatever the index says.
IndexError next_key(const Index& index, std::uint32_t& key) noexcept {
  const std::uint32_t rest_bits = kKeyBits - index.shape.directory_bits, rest_mask = (1u << rest_bits) - 1;
  for (; key < kStopKeys; key = (key | rest_mask) + 1) {
    EntryRun bucket{};
    if (const IndexError error = bucket_of(index, key, bucket); error != IndexError::ok) return error;
    const std::uint32_t first = bucket.begin < bucket.end ? run_of(index, key, bucket).begin : bucket.end;
    if (first == bucket.end) continue;
    key = std::max(key, (key & ~rest_mask) | (read_entry(index, first).rest & rest_mask));
    return IndexError::ok;
  }
  return IndexError::ok;
}

// All features of one key, at most kMostAlike, in the order of their codes.
IndexError features_of(std::span<const PatchSegment> segments, std::uint32_t key, Features& found) {
  std::vector<Feature>& features = found.sorted;
  features.clear(), found.codes.clear(), found.images.clear();
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Index& index = segments[s].index;
    EntryRun run{};
    if (const IndexError error = bucket_of(index, key, run); error != IndexError::ok) return error;
    if (run.begin == run.end) continue;
    run = run_of(index, key, run);
    for (std::uint32_t entry = run.begin; entry < run.end && features.size() < kMostAlike; ++entry) {
      std::uint32_t image = 0;
      const IndexError error = image_of(index, read_entry(index, entry).feature, image);
      if (error != IndexError::ok) return error;
      if (segments[s].holds(image)) features.push_back({code_at(index, entry), std::uint64_t{s} << 32 | image});
    }
  }
  std::ranges::sort(features, [](const Feature& a, const Feature& b) {
    return a.code.words != b.code.words ? a.code.words < b.code.words : a.image < b.image;
  });
  for (const Feature& feature : features) found.codes.push_back(feature.code), found.images.push_back(feature.image);
  return IndexError::ok;
}

// Calls `found(number)` for the codes within the radius until it returns true, and then returns that; counts the
// comparisons.
template <typename Found>
bool any_near(const Code& asked, const std::vector<Code>& codes, std::uint32_t radius, std::uint64_t& units,
              const Found& found) noexcept {
  std::array<std::uint32_t, kCodesAtOnce> near;
  for (std::size_t begin = 0; begin < codes.size(); begin += kCodesAtOnce) {
    const std::size_t count = std::min(kCodesAtOnce, codes.size() - begin);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(codes.data() + begin);
    units += kPairUnits * count;
    const std::size_t nearby = codes_within(asked, bytes, sizeof(Code), count, radius, near.data());
    for (std::size_t i = 0; i < nearby; ++i)
      if (found(begin + near[i])) return true;
  }
  return false;
}

// Whether `kStopImages` other images have a feature like number `at`.
bool seen_elsewhere(const Features& features, std::size_t at, std::uint32_t radius, std::uint64_t& units) noexcept {
  std::array<std::uint64_t, kStopImages + 1> images{features.images[at]};
  std::size_t known = 1;
  return any_near(features.codes[at], features.codes, radius, units, [&](std::size_t other) {
    const std::uint64_t image = features.images[other];
    if (std::find(images.begin(), images.begin() + known, image) != images.begin() + known) return false;
    images[known++] = image;
    return known > kStopImages;
  });
}

void append(std::vector<std::uint8_t>& entries, std::uint32_t key, const Code& code, std::uint32_t code_bytes) {
  const std::size_t at = entries.size();
  entries.resize(at + entry_bytes(code_bytes));
  write_number(entries.data() + at, key);
  std::memcpy(entries.data() + at + kCodeAt, code.words.data(), code_bytes);
}

/// What marking keeps between calls: among it, of the entry whose turn it is, the bits that its key is changed in, and
/// how many features of that key are done.
struct MarkState {
  std::uint64_t cleared = 0, entry = 0, image = 0, summed = 0;
  std::uint32_t flips = 0, done = 0;
  Checksum content;
  bool begun = false;
};
static_assert(sizeof(MarkState) <= kStopStateBytes);

/// Marking, in the order of its steps.
class Marking {
 public:
  Marking(std::span<std::uint8_t> bytes, const Index& index, const StopTable& table, MarkState& state,
          std::uint64_t units) noexcept
      : bytes_(bytes), index_(index), table_(table), state_(state), units_(units) {}

  /// Whether the state is one that marking left.
  bool sound() const noexcept {
    return state_.cleared <= index_.layout.images - index_.layout.stops && state_.summed <= body();
  }
  void run() noexcept {
    clear();
    while (used_ < units_ && state_.entry < table_.count) mark();
    while (used_ < units_ && state_.image < index_.shape.images) spare_copy(state_.image++);
    if (used_ < units_) sum_up();
  }
  std::uint64_t left() const noexcept {
    return (index_.layout.images - index_.layout.stops - state_.cleared + body() - state_.summed) / kBytesPerUnit +
           (body() > state_.summed ? 1 : 0) + (table_.count - state_.entry) * kFeatureUnits +
           (index_.shape.images - state_.image) * kImageUnits;
  }

 private:
  std::uint64_t body() const noexcept { return index_.layout.total - kIndexHeaderBytes; }
  std::uint8_t* stops() const noexcept { return bytes_.data() + index_.layout.stops; }

  void clear() noexcept {
    const std::uint64_t bytes = index_.layout.images - index_.layout.stops - state_.cleared;
    const std::uint64_t now = std::min(bytes, std::min(units_, bytes) * kBytesPerUnit);
    std::memset(stops() + state_.cleared, 0, static_cast<std::size_t>(now));
    state_.cleared += now, used_ += now / kBytesPerUnit + (now < bytes ? 1 : 0);
  }

  // One of the keys that the entry stands for, or as many of its features as there are units for.
  void mark() noexcept {
    const std::uint32_t mask = table_.mask(state_.entry), key = (table_.key(state_.entry) ^ state_.flips) % kStopKeys;
    EntryRun run{};
    used_ += kFeatureUnits;
    if (bucket_of(index_, key, run) != IndexError::ok) run = {};
    if (run.begin < run.end) run = run_of(index_, key, run);
    const Code code = table_.code(state_.entry);
    const std::uint32_t count = run.end - run.begin;
    while (state_.done < count) {
      const auto now = static_cast<std::uint32_t>(std::min<std::size_t>(kCodesAtOnce, count - state_.done));
      mark(run.begin + state_.done, now, code);
      state_.done += now;
      if (used_ >= units_ && state_.done < count) return;
    }
    state_.done = 0;
    state_.flips = (state_.flips - mask) & mask;  // the next subset of the mask, 0 after the last
    if (state_.flips == 0) ++state_.entry;
  }

  void mark(std::uint32_t first, std::uint32_t count, const Code& code) noexcept {
    std::array<std::uint32_t, kCodesAtOnce> near;
    const std::uint32_t width = index_.shape.width;
    const std::uint8_t* codes = index_.bytes + index_.layout.rows + width * std::uint64_t{first};
    const std::size_t found = codes_within(code, codes, width, count, stop_distance(width), near.data());
    for (std::size_t i = 0; i < found; ++i) {
      const std::uint32_t feature = read_entry(index_, first + near[i]).feature;
      if (feature >= index_.shape.count) continue;
      stops()[feature / 8] = static_cast<std::uint8_t>(stops()[feature / 8] | 1u << feature % 8);
    }
    used_ += count * kPairUnits;
  }

  void spare_copy(std::uint64_t number) noexcept {
    PatchImage image;
    used_ += kImageUnits;
    if (read_image(index_, number, image) != IndexError::ok) return;
    used_ += image.count * kPairUnits;
    std::uint32_t marked = 0;
    for (std::uint32_t i = 0; i < image.count; ++i) marked += is_stop(index_, image.first + i) ? 1 : 0;
    if (4 * std::uint64_t{marked} <= 3 * std::uint64_t{image.count}) return;
    for (std::uint32_t feature = image.first; feature < image.first + image.count; ++feature)
      stops()[feature / 8] = static_cast<std::uint8_t>(stops()[feature / 8] & ~(1u << feature % 8));
  }

  void sum_up() noexcept {
    const std::uint64_t bytes = body() - state_.summed;
    const std::uint64_t now = std::min(bytes, std::min(units_ - used_, bytes) * kBytesPerUnit);
    state_.content.update({index_.bytes + kIndexHeaderBytes + state_.summed, static_cast<std::size_t>(now)});
    state_.summed += now;
    if (state_.summed == body())
      write_header(bytes_, index_.shape, {sums_of(bytes_).directory, state_.content.value()});
  }

  std::span<std::uint8_t> bytes_;
  const Index& index_;
  const StopTable& table_;
  MarkState& state_;
  std::uint64_t units_, used_ = 0;
};

}  // namespace patch_stops

std::uint32_t StopTable::key(std::uint64_t entry) const noexcept {
  return read_u32(entries + patch_stops::entry_bytes(code_bytes) * entry);
}

std::uint32_t StopTable::mask(std::uint64_t entry) const noexcept {
  return read_u32(entries + patch_stops::entry_bytes(code_bytes) * entry + patch_stops::kMaskAt);
}

Code StopTable::code(std::uint64_t entry) const noexcept {
  const std::uint8_t* at = entries + patch_stops::entry_bytes(code_bytes) * entry + patch_stops::kCodeAt;
  return {{read_u64(at), code_bytes == 16 ? read_u64(at + 8) : 0}};
}

namespace patch_stops {

// Checks the header, and that the entries are all there.
RecordError view_stops(std::span<const std::uint8_t> bytes, StopTable& table) noexcept {
  const std::uint8_t* header = bytes.data();
  if (bytes.size() < 4 || read_u32(header) != kStopMagic) return RecordError::not_a_record;
  if (bytes.size() < kStopHeaderBytes) return RecordError::length;
  if (header[kStopVersionAt] != kStopVersion) return RecordError::version;
  if (read_u32(header + kStopTablesAt) != patch_tables_version()) return RecordError::tables;
  const StopTable read{header[kStopCodeBytesAt], read_u64(header + kStopCountAt), header + kStopHeaderBytes};
  if (read.code_bytes != 8 && read.code_bytes != 16) return RecordError::content;
  const std::uint64_t each = entry_bytes(read.code_bytes), entries = bytes.size() - kStopHeaderBytes;
  if (entries % each != 0 || read.count != entries / each) return RecordError::length;
  table = read;
  return RecordError::ok;
}

}  // namespace patch_stops

RecordError read_stops(std::span<const std::uint8_t> bytes, StopTable& table) noexcept {
  using namespace patch_stops;
  StopTable read;
  if (const RecordError error = view_stops(bytes, read); error != RecordError::ok) return error;
  if (sum_of(bytes) != read_u64(bytes.data() + kStopSumAt)) return RecordError::checksum;
  for (std::uint64_t i = 0; i < read.count; ++i)
    if (read.key(i) >= kStopKeys || (i > 0 && read.key(i) < read.key(i - 1)) || read.mask(i) >= kStopKeys ||
        std::popcount(read.mask(i)) > static_cast<int>(kMaskBits))
      return RecordError::content;
  table = read;
  return RecordError::ok;
}

StopProgress collect_stops(std::span<const PatchSegment> segments, std::uint32_t first_key, std::uint64_t units,
                           std::vector<std::uint8_t>& entries) {
  using namespace patch_stops;
  std::uint32_t key = std::min(first_key, kStopKeys);
  if (segments.empty()) return {IndexError::ok, kStopKeys};
  const std::uint32_t code_bytes = segments[0].index.shape.width, radius = stop_distance(code_bytes);
  for (const PatchSegment& segment : segments)
    if (segment.index.shape.width != code_bytes) return {IndexError::kind, key};
  std::vector<std::uint32_t> next(segments.size());  // the first key from `key` on that each has
  Features features;
  std::vector<Code> found;
  for (std::uint64_t used = 0; used < units; ++key) {
    std::uint32_t least = kStopKeys;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      if (used == 0 || next[s] < key) {
        next[s] = key;
        if (const IndexError error = next_key(segments[s].index, next[s]); error != IndexError::ok) return {error, key};
      }
      least = std::min(least, next[s]);
    }
    key = least;
    if (key == kStopKeys) break;
    if (const IndexError error = features_of(segments, key, features); error != IndexError::ok) return {error, key};
    used += kKeyUnits * segments.size() + kFeatureUnits * features.codes.size();
    if (features.codes.size() <= kStopImages) continue;
    found.clear();
    for (std::size_t i = 0; i < features.codes.size(); ++i) {
      const Code& code = features.codes[i];
      const auto is_one = [](std::size_t) { return true; };
      if (any_near(code, found, radius, used, is_one) || !seen_elsewhere(features, i, radius, used)) continue;
      found.push_back(code);
      append(entries, key, code, code_bytes);
    }
  }
  return {IndexError::ok, key};
}

std::vector<std::uint8_t> write_stops(std::span<const std::uint8_t> entries, std::uint32_t code_bytes) {
  using namespace patch_stops;
  const StopTable given{code_bytes, entries.size() / entry_bytes(code_bytes), entries.data()};
  std::vector<std::uint64_t> order(given.count);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::ranges::stable_sort(order, [&](std::uint64_t a, std::uint64_t b) { return given.key(a) < given.key(b); });
  std::vector<std::uint8_t> bytes(kStopHeaderBytes);
  bytes.reserve(kStopHeaderBytes + entries.size());
  for (const std::uint64_t entry : order) {
    const std::uint8_t* at = entries.data() + entry_bytes(code_bytes) * entry;
    bytes.insert(bytes.end(), at, at + entry_bytes(code_bytes));
  }
  std::uint8_t* header = bytes.data();
  write_number(header, kStopMagic);
  header[kStopVersionAt] = kStopVersion;
  header[kStopCodeBytesAt] = static_cast<std::uint8_t>(code_bytes);
  write_number(header + kStopCountAt, given.count);
  write_number(header + kStopTablesAt, patch_tables_version());
  write_number(header + kStopSumAt, sum_of(bytes));
  return bytes;
}

IndexProgress mark_stops(std::span<std::uint8_t> index, std::span<const std::uint8_t> table,
                         std::span<std::uint8_t> state, std::uint64_t units) noexcept {
  using namespace patch_stops;
  MarkState marking;
  std::memcpy(static_cast<void*>(&marking), state.data(), sizeof marking);
  Index read;
  StopTable stops;
  const RecordError error = marking.begun ? view_stops(table, stops) : read_stops(table, stops);
  if (error != RecordError::ok || read_index(index, read) != IndexError::ok || read.shape.kind != IndexKind::patch ||
      read.shape.width != stops.code_bytes)
    return {false, 0};
  if (!marking.begun) marking = MarkState(), marking.begun = true;
  Marking work(index, read, stops, marking, units);
  if (!work.sound()) return {false, 0};
  work.run();
  std::memcpy(state.data(), static_cast<const void*>(&marking), sizeof marking);
  return {true, work.left()};
}

}  // namespace egide
