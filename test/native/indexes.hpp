// Indexes of PDQ hashes in memory of exactly their own length, and the answers that a search of them must give.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hamming/band_search.hpp"
#include "core/hamming/pdq_index.hpp"
#include "core/index/index_build.hpp"
#include "pictures.hpp"

namespace egide::test {

/// Rubbish that new memory is filled with, so that whatever a build leaves unwritten shows.
inline constexpr std::uint8_t kRubbish = 0xaa;

/// AlignedBytes that begin a cache line and end where they were asked to: the address sanitizer sees who goes beyond.
/// (A vector with an allocator of its own would fill, copy and destroy its megabytes one by one.)
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size, std::uint8_t value = kRubbish)
      : size_(size), memory_(static_cast<std::uint8_t*>(::operator new(size, std::align_val_t{kIndexAlignment}))) {
    std::memset(data(), value, size);
  }
  /// The beginning of others, with more behind it if they are shorter.
  AlignedBytes(std::span<const std::uint8_t> from, std::size_t size) : AlignedBytes(size) {
    std::memcpy(data(), from.data(), std::min(from.size(), size));
  }
  AlignedBytes(const AlignedBytes& other) : AlignedBytes({other.data(), other.size()}, other.size()) {}
  AlignedBytes(AlignedBytes&&) = default;

  std::uint8_t* data() { return memory_.get(); }
  const std::uint8_t* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  std::uint8_t* begin() { return data(); }
  const std::uint8_t* begin() const { return data(); }
  std::uint8_t* end() { return data() + size_; }
  const std::uint8_t* end() const { return data() + size_; }
  std::uint8_t& operator[](std::size_t i) { return memory_[i]; }
  bool operator==(const AlignedBytes& other) const {
    return size_ == other.size_ && std::memcmp(data(), other.data(), size_) == 0;
  }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const { ::operator delete(memory, std::align_val_t{kIndexAlignment}); }
  };

  std::size_t size_;
  std::unique_ptr<std::uint8_t[], Free> memory_;
};

inline std::vector<std::uint8_t> random_hashes(std::size_t count, std::uint32_t seed) {
  std::vector<std::uint8_t> hashes(kPdqBytes * count);
  for (std::uint8_t& byte : hashes) byte = static_cast<std::uint8_t>(xorshift(seed) >> 24);
  return hashes;
}

/// How a build is cut up: rows of each part that is added, units of each step.
struct BuildParts {
  std::uint64_t rows = 1'000'000'000, units = 1'000'000'000;
};

/// The id of the row at a position, where an index has ids.
inline std::uint32_t id_at(std::uint64_t position) { return static_cast<std::uint32_t>(3 * position + 7); }

/// Adds all rows, and the ids if the shape has them; false if a part was refused.
inline bool added(const IndexWork& work, const IndexShape& shape, std::span<const std::uint8_t> hashes,
                  const BuildParts& parts) {
  for (std::uint64_t first = 0; first < shape.count; first += parts.rows) {
    const std::uint64_t count = std::min(parts.rows, shape.count - first);
    std::vector<std::uint32_t> ids(shape.ids ? count : 0);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = id_at(first + i);
    if (!index_build_add(work, hashes.subspan(kPdqBytes * first, kPdqBytes * count), ids)) return false;
  }
  return true;
}

/// The areas of a build, full of rubbish.
struct Site {
  explicit Site(const IndexShape& shape) : bytes(layout_of(shape).total), scratch(index_scratch_bytes(shape)) {}

  IndexWork work() { return {bytes, scratch}; }

  AlignedBytes bytes, scratch;
};

/// The finished index, or nothing if a call refused.
inline AlignedBytes built(const IndexShape& shape, std::span<const std::uint8_t> hashes, BuildParts parts = {}) {
  Site site(shape);
  if (!index_build_begin(site.work(), shape) || !added(site.work(), shape, hashes, parts)) return AlignedBytes(0);
  for (;;) {
    const IndexProgress progress = index_build_step(site.work(), parts.units);
    if (!progress.ok) return AlignedBytes(0);
    if (progress.left == 0) return std::move(site.bytes);
  }
}

/// Every kernel of this machine by its name; where only one of the two tables has it, with the other's last resort.
inline std::vector<SearchKernels> every_kernel() {
  std::vector<SearchKernels> all;
  for (const std::string_view name : {"avx512", "avx2", "neon", "scalar"}) {
    const SearchKernels kernels = search_kernels(name);
    if (kernels.scan.name == name || kernels.tags.name == name) all.push_back(kernels);
  }
  return all;
}

struct Answer {
  IndexError error;
  std::uint64_t found;
  std::vector<HammingHit> hits;  // the buffer, whatever was written to it
};

/// The door's search.
inline Answer searched(const Index& index, std::span<const std::uint8_t> queries, std::uint32_t radius,
                       const SearchKernels& kernels, std::size_t room) {
  Answer answer{IndexError::ok, 0, std::vector<HammingHit>(room)};
  const PdqSearch search = pdq_index_search(index, queries, radius, answer.hits, kernels);
  answer.error = search.error, answer.found = search.found;
  return answer;
}

/// The same through the bands, even where a scan would be faster. The radius is at most `kMaxBandedRadius`.
inline Answer searched_by_bands(const Index& index, std::span<const std::uint8_t> queries, std::uint32_t radius,
                                const SearchKernels& kernels, std::size_t room) {
  std::vector<Bands> bands;
  for (std::size_t at = 0; at < queries.size(); at += kPdqBytes) bands.push_back(permuted(queries.data() + at));
  const BandPlan plan = plan_of(radius);
  Answer answer{IndexError::ok, 0, std::vector<HammingHit>(room)};
  BandSearch search(index, bands, radius, plan, kernels, answer.hits);
  answer.error = search.run(), answer.found = search.found();
  return answer;
}

inline std::uint32_t distance_of(const std::uint8_t* a, const std::uint8_t* b) {
  std::uint64_t left[4], right[4];
  std::memcpy(left, a, sizeof left), std::memcpy(right, b, sizeof right);
  int bits = 0;
  for (int i = 0; i < 4; ++i) bits += std::popcount(left[i] ^ right[i]);
  return static_cast<std::uint32_t>(bits);
}

/// The distance of every query to every hash: what answers are held against.
class BruteForce {
 public:
  BruteForce(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> hashes)
      : hash_count_(hashes.size() / kPdqBytes) {
    distances_.reserve(queries.size() / kPdqBytes * hash_count_);
    for (std::size_t q = 0; q < queries.size(); q += kPdqBytes)
      for (std::size_t i = 0; i < hashes.size(); i += kPdqBytes)
        distances_.push_back(static_cast<std::uint16_t>(distance_of(queries.data() + q, hashes.data() + i)));
  }

  std::uint64_t within(std::uint32_t radius) const {
    std::uint64_t count = 0;
    for (const std::uint16_t distance : distances_) count += distance <= radius;
    return count;
  }

  /// What is wrong with an answer; nothing if it has every pair within the radius, once, with its distance and id, or
  /// as many of them as there was room for.
  std::string wrong_with(const Answer& answer, std::uint32_t radius, bool ids) const {
    if (answer.error != IndexError::ok) return "error " + std::to_string(static_cast<std::uint32_t>(answer.error));
    std::vector<bool> seen(distances_.size());
    const std::uint64_t written = std::min<std::uint64_t>(answer.found, answer.hits.size());
    for (const HammingHit& hit : std::span(answer.hits).first(written)) {
      const std::uint64_t position = ids ? (hit.position - 7) / 3 : hit.position;
      const std::uint64_t pair = hit.query * hash_count_ + position;
      const auto wrong = [&](const char* how) {
        return pair_text(hit.query, position) + ", said to be at " + std::to_string(hit.distance) + ": " + how;
      };
      if (position >= hash_count_ || pair >= seen.size()) return wrong("there is no such pair");
      if (ids && hit.position != id_at(position)) return wrong("there is no such id");
      if (hit.distance != distances_[pair]) return wrong("it is not");
      if (hit.distance > radius) return wrong("too far");
      if (seen[pair]) return wrong("found twice");
      seen[pair] = true;
    }
    std::uint64_t expected = 0;
    for (std::size_t pair = 0; pair < seen.size(); ++pair) {
      if (distances_[pair] > radius) continue;
      ++expected;
      if (written == answer.found && !seen[pair])
        return pair_text(pair / hash_count_, pair % hash_count_) + " at " + std::to_string(distances_[pair]) +
               ": missed";
    }
    if (answer.found != expected) return std::to_string(answer.found) + " found of " + std::to_string(expected);
    return {};
  }

 private:
  static std::string pair_text(std::uint64_t query, std::uint64_t position) {
    return "query " + std::to_string(query) + ", hash " + std::to_string(position);
  }

  std::uint64_t hash_count_;
  std::vector<std::uint16_t> distances_;
};

}  // namespace egide::test
