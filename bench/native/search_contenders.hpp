// The contenders of the benchmark of search that run in this process: the scans, the index, and reading memory.
#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/index/index_build.hpp"
#include "core/index/little_endian.hpp"
#include "search_data.hpp"

namespace egide::bench {

/// Of each query of a block: microseconds of processor time, and what was found.
struct Answers {
  std::vector<double> us;
  std::vector<std::vector<HammingHit>> hits;
};

/// Queries for which the contenders take turns.
constexpr std::size_t kBlock = 32;

/// Which queries a contender is asked: the first `queries` of every so many blocks.
struct Share {
  std::size_t queries = kBlock, every_block = 1;
  bool warm_up = true;
};
/// A scan takes as long for any query, and finds nothing in the caches that helps it: a few queries are enough.
constexpr Share kOneOfBlock{1, 1, false}, kOneBlockOfFour{kBlock, 4, false};

/// One way to search.
class Searcher {
 public:
  Searcher(std::string name_, Share share_) : name(std::move(name_)), share(share_) {}
  virtual ~Searcher() = default;
  /// Answers the queries; some of `warm_up` before, without counting, if whoever had the turn before has left the
  /// caches without what every query needs.
  virtual Answers ask(Bytes warm_up, Bytes queries, std::uint32_t radius) = 0;

  std::string name;
  Share share;
  std::size_t batch = 1;  // queries that it takes at a time
  double build_seconds = 0;
  double bytes = 0;     // of the whole index, the hashes included
  bool answers = true;  // whether it has answers that can be checked
};

/// What it takes to ask the clock twice, which no search should be blamed for.
inline double clock_cost_us() {
  static const double cost = [] {
    std::vector<double> empty(1001);
    for (double& us : empty) {
      const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
      us = clock_us(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    return median(empty);
  }();
  return cost;
}

template <typename Work>
double timed_us(Work&& work) {
  const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
  work();
  return std::max(0.0, clock_us(CLOCK_THREAD_CPUTIME_ID) - start - clock_cost_us());
}

/// A searcher in this process. `Search` takes queries, a radius and room for hits, and returns how many there are.
template <typename Search>
class LocalSearcher final : public Searcher {
 public:
  LocalSearcher(std::string name_, Share share_, std::size_t batch_, Search search)
      : Searcher(std::move(name_), share_), search_(std::move(search)), room_(1 << 16) {
    batch = batch_;
  }

  Answers ask(Bytes warm_up, Bytes queries, std::uint32_t radius) override {
    if (share.warm_up) search_(warm_up.first(kHashBytes * batch), radius, std::span(room_));
    Answers given;
    for (std::size_t at = 0; at < queries.size(); at += kHashBytes * batch) {
      const Bytes some = queries.subspan(at, kHashBytes * batch);
      std::uint64_t found = 0;
      const double us = timed_us([&] { found = search_(some, radius, std::span(room_)); });
      require(found <= room_.size(), name + ": more hits than there is room for");
      given.us.insert(given.us.end(), batch, us / static_cast<double>(batch));
      const std::size_t first = given.hits.size();
      given.hits.resize(first + batch);
      for (const HammingHit& hit : std::span(room_).first(found)) given.hits[first + hit.query].push_back(hit);
    }
    return given;
  }

 private:
  Search search_;
  std::vector<HammingHit> room_;
};

template <typename Search>
std::unique_ptr<Searcher> local(std::string name, Share share, std::size_t batch, Search search) {
  return std::make_unique<LocalSearcher<Search>>(std::move(name), share, batch, std::move(search));
}

/// The plain scan, so many queries at a time.
inline std::unique_ptr<Searcher> scan_of(Bytes hashes, std::size_t batch) {
  const auto& kernel = search_kernels().scan;
  const std::string name = batch == 1 ? "scan" : "scan, " + std::to_string(batch) + " queries at a time";
  auto searcher = local(name, batch == 1 ? kOneOfBlock : kOneBlockOfFour, batch,
                        [hashes, &kernel](Bytes queries, std::uint32_t radius, std::span<HammingHit> hits) {
                          return hamming_scan(queries, hashes, radius, hits, kernel);
                        });
  searcher->bytes = static_cast<double>(hashes.size());
  return searcher;
}

/// Reads the bytes of the hashes once, in order: a scan that compares one query cannot be faster.
inline std::unique_ptr<Searcher> read_of(Bytes hashes) {
  auto searcher = local("reading the hashes", kOneOfBlock, 1, [hashes](Bytes, std::uint32_t, std::span<HammingHit>) {
    std::uint64_t sums[8] = {};  // several, so that none is waited for
    for (std::size_t i = 0, count = hashes.size() / sizeof sums; i < count; ++i)
      for (std::size_t k = 0; k < std::size(sums); ++k)
        sums[k] += read_u64(hashes.data() + sizeof sums * i + sizeof sums[k] * k);
    volatile std::uint64_t sink = 0;
    for (const std::uint64_t sum : sums) sink = sink + sum;
    return std::uint64_t{sink & 0};
  });
  searcher->bytes = static_cast<double>(hashes.size());
  searcher->answers = false;
  return searcher;
}

/// An index of PDQ hashes in memory of its own, and how long it took to build.
struct BuiltIndex {
  Pages pages;
  double seconds;
};

inline BuiltIndex build_index(Bytes hashes, PageKind kind, bool tags) {
  // Few enough units that a step takes less than 50 ms, as the library takes them.
  constexpr std::uint64_t kUnits = 4 << 20;
  const IndexShape shape = pdq_shape(hashes.size() / kHashBytes, false, tags);
  const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
  BuiltIndex built{Pages(layout_of(shape).total, kind), 0};
  const Pages scratch(index_scratch_bytes(shape), kind);
  const IndexWork work{built.pages.bytes(), scratch.bytes()};
  require(index_build_begin(work, shape) && index_build_add(work, hashes, {}), "the index refuses its hashes");
  for (IndexProgress progress{true, 1}; progress.left > 0;) {
    progress = index_build_step(work, kUnits);
    require(progress.ok, "the index is not finished");
  }
  built.seconds = (clock_us(CLOCK_THREAD_CPUTIME_ID) - start) / 1e6;
  return built;
}

/// Searches an index that lies in `pages`, so many queries at a time.
inline std::unique_ptr<Searcher> search_of(const std::string& name, const Pages& pages, std::size_t batch) {
  Index index;
  require(read_index(pages.bytes(), index) == IndexError::ok, name + " is not an index");
  auto searcher =
      local(name, Share{}, batch,
            [index, kernels = search_kernels()](Bytes queries, std::uint32_t radius, std::span<HammingHit> hits) {
              const PdqSearch search = pdq_index_search(index, queries, radius, hits, kernels);
              require(search.error == IndexError::ok, "the index is damaged");
              return search.found;
            });
  searcher->bytes = static_cast<double>(pages.bytes().size());
  return searcher;
}

}  // namespace egide::bench
