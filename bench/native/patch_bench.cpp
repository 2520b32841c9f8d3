// The index of patches: how long it takes to build, what it takes in memory, and how long candidates take to find, for
// keys that are all as likely and for keys of which few are common. Codes, keys and places are made up; of every query
// half the features are copies of one image's. Prints one JSON object. Answers are checked first.
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/index/index_build.hpp"
#include "core/patch/patch_probe.hpp"
#include "core/patch/patch_search.hpp"
#include "measure.hpp"

namespace {

using egide::bench::clock_us;
using egide::bench::require;

constexpr std::uint32_t kFeatures = 256, kQueryFeatures = 500, kVariants = 2, kQueries = 20;

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64 (S. Vigna, public domain)
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

double between(std::uint64_t& state, double low, double high) {
  return low + (high - low) * static_cast<double>(next_random(state) >> 11) / 9007199254740992.0;
}

/// How features come about. In a skewed bank each feature resembles one of many kinds, of which some are much commoner
/// than others (the kind of rank r is as common as 1 / (300 + r)), with 14 bits in 128 and 2 of its key turned over: a
/// query then meets about as many entries, and hits, as one of photographs does.
struct Kinds {
  bool skewed;
  static constexpr std::uint32_t kKinds = 1 << 15;
  static constexpr double kFlat = 300;

  void feature(std::uint64_t& state, egide::Code& code, std::uint32_t& key) const {
    if (!skewed) {
      code = {{next_random(state), next_random(state)}};
      key = static_cast<std::uint32_t>(next_random(state) >> 40);
      return;
    }
    const double rank = kFlat * std::pow(kKinds / kFlat, between(state, 0, 1));
    std::uint64_t kind = 7777 * static_cast<std::uint64_t>(rank);
    code = {{next_random(kind), next_random(kind)}};
    key = static_cast<std::uint32_t>(next_random(kind) >> 40);
    for (int i = 0; i < 14; ++i) {
      const std::uint64_t bit = next_random(state) % 128;
      code.words[bit / 64] ^= std::uint64_t{1} << bit % 64;
    }
    for (int i = 0; i < 2; ++i) key ^= 1u << next_random(state) % 24;
  }
};

egide::Place random_place(std::uint64_t& state) {
  return {static_cast<float>(between(state, 0, 640)), static_cast<float>(between(state, 0, 480)),
          static_cast<float>(std::exp2(between(state, 0.5, 4))), static_cast<float>(between(state, 0, 6.28))};
}

std::vector<std::uint8_t> record_of(std::uint64_t image, const Kinds& kinds, std::uint32_t code_bytes) {
  const egide::RecordShape shape{code_bytes, kFeatures, 32, 24, 640, 480};
  std::vector<std::uint8_t> bytes(egide::record_bytes(shape));
  std::uint64_t state = image * 0x100000001b3u + 5;
  for (std::uint32_t i = 0; i < kFeatures; ++i) {
    egide::Code code;
    std::uint32_t key = 0;
    kinds.feature(state, code, key);
    std::uint8_t* at = bytes.data() + egide::kRecordHeaderBytes + egide::feature_bytes(code_bytes) * i;
    std::memcpy(at, code.words.data(), code_bytes);
    egide::write_number(at + code_bytes, key);
    egide::write_number(at + code_bytes + 4, egide::pack_place(random_place(state), 640));
  }
  egide::seal_record(bytes, shape);
  return bytes;
}

/// A copy of an image: half its features, six bits of each code and one of some keys turned over, among strangers.
egide::Query query_of_copy(std::uint64_t image, const Kinds& kinds, std::uint64_t seed, std::uint32_t copied) {
  const std::vector<std::uint8_t> bytes = record_of(image, kinds, 16);
  egide::Record record;
  require(egide::read_record(bytes, record) == egide::RecordError::ok, "a record");
  egide::Query query;
  query.width = 640, query.height = 480;
  for (std::uint32_t i = 0; i < kQueryFeatures; ++i) {
    egide::Code code;
    egide::Key key{};
    egide::Place place = random_place(seed);
    kinds.feature(seed, code, key.bits);
    if (i < copied) {
      code = record.code(i), key.bits = record.key(i), place = record.place(i);
      for (int flip = 0; flip < 6; ++flip) {
        const std::uint64_t bit = next_random(seed) % 128;
        code.words[bit / 64] ^= std::uint64_t{1} << bit % 64;
      }
    }
    for (float& margin : key.margins) margin = static_cast<float>(between(seed, 0, 2));
    query.places.push_back(place), query.codes.push_back(code), query.keys.push_back(key);
  }
  return query;
}

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

/// Entries of the index with a key that a query is looked for under.
std::size_t entries_met(const egide::Index& index, const egide::Query& query, std::uint32_t probes) {
  std::size_t entries = 0;
  std::uint32_t keys[egide::kMostProbes];
  for (const egide::Key& key : query.keys) {
    egide::probes_of(key, probes, keys);
    for (std::uint32_t i = 0; i < probes; ++i) {
      egide::EntryRun run{};
      require(egide::bucket_of(index, keys[i], run) == egide::IndexError::ok, "a bucket");
      run = egide::run_of(index, keys[i], run);
      entries += run.end - run.begin;
    }
  }
  return entries;
}

void measure(std::uint64_t images, std::uint32_t code_bytes, const Kinds& kinds, bool last) {
  egide::PatchTotals totals{images * kFeatures, images, images * egide::grid_blocks({32, 24})};
  const egide::IndexShape shape = egide::patch_shape(totals, code_bytes);
  const Area area(egide::layout_of(shape).total);
  double add_us = 0, longest_us = 0;
  auto scratch = std::make_unique<Area>(egide::index_scratch_bytes(shape));
  const egide::IndexWork work{area.span(), scratch->span()};
  require(egide::index_build_begin(work, shape), "the build begins");
  for (std::uint32_t i = 0; i < images; ++i) {
    const std::vector<std::uint8_t> record = record_of(i, kinds, code_bytes);
    const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
    require(egide::index_build_add(work, record, {&i, 1}), "a record is added");
    add_us += clock_us(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  const double begin = clock_us(CLOCK_THREAD_CPUTIME_ID);
  for (std::uint64_t left = 1; left > 0;) {
    const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
    left = egide::index_build_step(work, 1 << 20).left;
    longest_us = std::max(longest_us, clock_us(CLOCK_THREAD_CPUTIME_ID) - start);
  }
  const double sort_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - begin;
  scratch.reset();
  egide::Index index;
  require(egide::read_index(work.index, index) == egide::IndexError::ok &&
              egide::check_directory(index) == egide::IndexError::ok,
          "the index opens");

  std::vector<std::vector<egide::Query>> queries;
  for (std::uint32_t q = 0; q < kQueries; ++q) {
    queries.emplace_back();
    for (std::uint32_t v = 0; v < kVariants; ++v)
      queries.back().push_back(query_of_copy(q * (images / kQueries), kinds, 1000 * q + v, v == 0 ? kFeatures / 2 : 0));
  }
  const egide::PatchSegment segment{index, {}};
  const egide::PatchSearchOptions options = egide::patch_search_options(static_cast<double>(images), false);
  std::size_t hits = 0, entries = 0;
  for (std::uint32_t q = 0; q < kQueries; ++q) {
    const auto found = egide::patch_candidates({&segment, 1}, queries[q], options);
    require(found.error == egide::IndexError::ok && !found.truncated && !found.candidates.empty() &&
                found.candidates[0].image == q * (images / kQueries) && found.candidates[0].query == 0,
            "the copied image is the first candidate");
    std::vector<egide::PatchHit> all;
    egide::PatchProbe probe(segment, options.probes);
    for (const egide::Query& query : queries[q]) {
      require(probe.run(query, 0, all) == egide::IndexError::ok, "probing");
      entries += entries_met(index, query, options.probes);
    }
    hits += all.size();
  }
  std::vector<egide::bench::Contender> contenders{{"candidates", {}}, {"hits alone", {}}, {"references", {}}};
  std::size_t next = 0, sum = 0;
  egide::Reference reference;
  egide::bench::interleave(contenders, [&](std::size_t way) {
    next = (next + 7) % kQueries;
    if (way == 0) {
      sum += egide::patch_candidates({&segment, 1}, queries[next], options).candidates.size();
    } else if (way == 1) {
      std::vector<egide::PatchHit> all;
      egide::PatchProbe probe(segment, options.probes);
      for (const egide::Query& query : queries[next])
        require(probe.run(query, 0, all) == egide::IndexError::ok, "probing");
      sum += all.size();
    } else {
      for (std::uint32_t i = 0; i < options.candidates; ++i) {
        require(egide::reference_at(index, (next * 7919 + i * 104729) % images, reference) == egide::IndexError::ok,
                "a reference");
        sum += reference.codes[0].words[0] & 1;
      }
    }
  });
  require(sum > 0, "the sum");  // read, so that nothing is optimised away
  const double features = static_cast<double>(totals.features);
  std::printf(
      "    {\"images\": %llu, \"codeBytes\": %u, \"keys\": \"%s\", \"bytes\": %zu, \"bytesAFeature\": %.2f, "
      "\"addNsAFeature\": %.1f, \"sortNsAFeature\": %.1f, \"longestStepMs\": %.1f, \"entriesAQuery\": %.0f, "
      "\"hitsAQuery\": %.0f, "
      "\"ways\": [",
      static_cast<unsigned long long>(images), code_bytes, kinds.skewed ? "skewed" : "uniform", work.index.size(),
      static_cast<double>(work.index.size() - egide::kGridBlock * totals.grid_blocks) / features,
      1000 * add_us / features, 1000 * sort_us / features, longest_us / 1000, static_cast<double>(entries) / kQueries,
      static_cast<double>(hits) / kQueries);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    egide::bench::print(contenders[i], i == 0);
    std::printf("}");
  }
  std::printf("]}%s\n", last ? "" : ",");
  std::fflush(stdout);
}

}  // namespace

/// EGIDE_BENCH_IMAGES: images of the bank, by default 100,000.
int main() {
  const char* text = std::getenv("EGIDE_BENCH_IMAGES");
  const std::uint64_t images = text != nullptr ? std::strtoull(text, nullptr, 10) : 100'000;
  std::printf("{\n  \"cpu\": \"%s\",\n  \"patches\": [\n", egide::bench::cpu_name().c_str());
  measure(images, 16, {false}, false);
  measure(images, 16, {true}, false);
  measure(images, 8, {false}, true);
  std::printf("  ]\n}\n");
}
