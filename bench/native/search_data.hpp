// Hashes, queries and right answers for the benchmark of search, and the memory that they lie in. All seeded.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/hamming/pdq_index.hpp"
#include "measure.hpp"

namespace egide::bench {

constexpr std::size_t kHashBytes = 32;
constexpr std::uint32_t kHashBits = 256;

using Hash = std::array<std::uint64_t, 4>;
using Bytes = std::span<const std::uint8_t>;

enum class PageKind { small, huge };

/// Zeroed memory of its own, in pages of 4 KiB or, if the system gives them, of 2 MiB; or a file mapped for reading.
class Pages {
 public:
  Pages(std::uint64_t size, PageKind kind) : mapped_(size + kHugePage), size_(size) {
    map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    const auto address = reinterpret_cast<std::uintptr_t>(base_);
    data_ = base_ + (kHugePage - address % kHugePage) % kHugePage;
    madvise(base_, mapped_, kind == PageKind::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  }
  explicit Pages(const std::string& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    require(descriptor >= 0, "cannot open " + file);
    mapped_ = size_ = static_cast<std::uint64_t>(lseek(descriptor, 0, SEEK_END));
    map(PROT_READ, MAP_SHARED, descriptor);
    data_ = base_;
    close(descriptor);
  }
  Pages(Pages&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), data_(other.data_), mapped_(other.mapped_), size_(other.size_) {}
  Pages& operator=(Pages&&) = delete;
  ~Pages() {
    if (base_ != nullptr) munmap(base_, mapped_);
  }

  std::span<std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  static constexpr std::uint64_t kHugePage = 2 << 20;

  void map(int protection, int flags, int descriptor) {
    void* memory = mmap(nullptr, mapped_, protection, flags, descriptor, 0);
    require(memory != MAP_FAILED, "out of memory: " + std::to_string(mapped_) + " bytes");
    base_ = static_cast<std::uint8_t*>(memory);
  }

  std::uint8_t* base_ = nullptr;
  std::uint8_t* data_ = nullptr;
  std::uint64_t mapped_ = 0, size_ = 0;
};

/// SplitMix64: G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  Hash hash() { return {next(), next(), next(), next()}; }
  /// The hash with so many of its bits turned over.
  Hash flipped(const Hash& hash, std::uint64_t flips) {
    Hash turned{};  // the bits that differ
    for (std::uint64_t done = 0; done < flips;) {
      const std::uint64_t bit = below(kHashBits), mask = std::uint64_t{1} << (bit % 64);
      if ((turned[bit / 64] & mask) == 0) turned[bit / 64] |= mask, ++done;
    }
    for (std::size_t i = 0; i < turned.size(); ++i) turned[i] ^= hash[i];
    return turned;
  }

 private:
  std::uint64_t state_;
};

inline Hash hash_at(Bytes hashes, std::uint64_t i) {
  Hash hash;
  std::memcpy(hash.data(), hashes.data() + kHashBytes * i, kHashBytes);
  return hash;
}

inline void put_hash(std::span<std::uint8_t> hashes, std::uint64_t i, const Hash& hash) {
  std::memcpy(hashes.data() + kHashBytes * i, hash.data(), kHashBytes);
}

/// Random hashes; or, clustered, ten variants of each of N / 10, 0 to 24 bits from it, in random order: a list that
/// holds a picture in several versions.
inline Pages make_hashes(std::uint64_t count, bool clustered) {
  constexpr std::uint64_t kVariants = 10, kSpread = 25;
  Pages pages(kHashBytes * count, PageKind::huge);
  const std::span<std::uint8_t> hashes = pages.bytes();
  Random random(1);
  Hash base{};
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!clustered || i % kVariants == 0) base = random.hash();
    put_hash(hashes, i, clustered ? random.flipped(base, random.below(kSpread)) : base);
  }
  for (std::uint64_t i = clustered ? count - 1 : 0; i > 0; --i) {
    const std::uint64_t other = random.below(i + 1);
    const Hash here = hash_at(hashes, i);
    put_hash(hashes, i, hash_at(hashes, other));
    put_hash(hashes, other, here);
  }
  return pages;
}

/// Every other query is random, the others are 0, 1 ... 31 bits from a stored hash.
inline std::vector<std::uint8_t> make_queries(Bytes hashes, std::size_t count) {
  constexpr std::size_t kPlantedWithin = 32;
  std::vector<std::uint8_t> queries(kHashBytes * count);
  Random random(99);
  for (std::size_t i = 0; i < count; ++i) {
    const Hash stored = hash_at(hashes, random.below(hashes.size() / kHashBytes));
    put_hash(queries, i, i % 2 == 0 ? random.flipped(stored, i / 2 % kPlantedWithin) : random.hash());
  }
  return queries;
}

/// What every contender has to answer to each query: by brute force, up to a largest radius.
class Truth {
 public:
  Truth(Bytes hashes, Bytes queries, std::uint32_t radius) : answers_(queries.size() / kHashBytes) {
    const auto& kernel = search_kernels().scan;
    std::vector<HammingHit> hits(1 << 16);
    std::uint64_t found = hamming_scan(queries, hashes, radius, hits, kernel);
    if (found > hits.size()) {
      hits.resize(found);
      found = hamming_scan(queries, hashes, radius, hits, kernel);
    }
    hits.resize(found);
    for (const HammingHit& hit : hits) answers_[hit.query].push_back(hit);
    for (auto& answer : answers_) sort(answer);
    for (std::size_t query = 0; query < std::min(kLooped, answers_.size()); ++query)
      require(same(answers_[query], looped(hashes, queries, query, radius)), "the scan against a plain loop");
  }

  /// Stops the program unless these are all hits of a query within a radius, in any order.
  void check(std::vector<HammingHit> hits, std::size_t query, std::uint32_t radius, const std::string& who) const {
    std::vector<HammingHit> wanted = answers_[query];
    std::erase_if(wanted, [&](const HammingHit& hit) { return hit.distance > radius; });
    sort(hits);
    require(same(hits, wanted), who + " on query " + std::to_string(query) + ": " + std::to_string(hits.size()) +
                                    " hits, where " + std::to_string(wanted.size()) + " are right");
  }

 private:
  // The scan is the library's own, so that it is held against the plainest loop for some queries.
  static constexpr std::size_t kLooped = 4;

  static void sort(std::vector<HammingHit>& hits) {
    std::ranges::sort(hits, {}, [](const HammingHit& hit) { return hit.position; });
  }
  static bool same(const std::vector<HammingHit>& a, const std::vector<HammingHit>& b) {
    return std::ranges::equal(a, b, [](const HammingHit& left, const HammingHit& right) {
      return left.position == right.position && left.distance == right.distance;
    });
  }
  static std::vector<HammingHit> looped(Bytes hashes, Bytes queries, std::size_t query, std::uint32_t radius) {
    std::vector<HammingHit> hits;
    const Hash wanted = hash_at(queries, query);
    for (std::uint64_t i = 0; i < hashes.size() / kHashBytes; ++i) {
      const Hash hash = hash_at(hashes, i);
      std::uint32_t distance = 0;
      for (std::size_t word = 0; word < hash.size(); ++word)
        distance += static_cast<std::uint32_t>(std::popcount(hash[word] ^ wanted[word]));
      if (distance <= radius)
        hits.push_back({static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(i), distance});
    }
    return hits;
  }

  std::vector<std::vector<HammingHit>> answers_;
};

}  // namespace egide::bench
