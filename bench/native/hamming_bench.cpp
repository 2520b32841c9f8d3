// The full scan, of 8 queries (the orientations of one picture) and of many, and the filter of tags; every kernel that
// this machine runs. Prints one JSON object. Answers are checked first. `hamming_bench 10000000` scans so many hashes
// instead.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/hamming/scan.hpp"
#include "core/kernels/tags_kernels.hpp"
#include "measure.hpp"

namespace {

using egide::bench::Contender;
using egide::bench::require;

constexpr std::size_t kHashBytes = 32;
constexpr std::uint32_t kMaxDistance = 31;  // python-threatexchange, PDQ_CONFIDENT_MATCH_THRESHOLD

std::uint32_t xorshift(std::uint32_t& seed) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed;
}

void print(const std::vector<Contender>& contenders, bool last) {
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    egide::bench::print(contenders[i], i == 0);
    std::printf("}");
  }
  std::printf("]}%s\n", last ? "" : ",");
}

void scan(const std::vector<std::uint8_t>& hashes, std::size_t query_count, bool last) {
  const std::size_t count = hashes.size() / kHashBytes, step = count / query_count;
  std::vector<std::uint8_t> queries(query_count * kHashBytes);
  for (std::size_t q = 0; q < query_count; ++q) {  // each is 4 bits from a stored hash
    std::memcpy(&queries[q * kHashBytes], &hashes[q * step * kHashBytes], kHashBytes);
    queries[q * kHashBytes] ^= 0x0f;
  }
  std::vector<egide::HammingHit> hits(query_count);
  std::vector<const egide::kernels::NearKernel*> kernels;
  std::vector<Contender> contenders;
  for (const egide::kernels::NearKernel& kernel : egide::kernels::near_kernels()) {
    if (!kernel.available()) continue;
    kernels.push_back(&kernel);
    contenders.push_back({kernel.name, {}});
    const std::uint64_t found = egide::hamming_scan(queries, hashes, kMaxDistance, hits, kernel);
    require(found == query_count, std::string(kernel.name) + " found " + std::to_string(found));
    for (const egide::HammingHit& hit : hits)
      require(hit.position == hit.query * step && hit.distance == 4, kernel.name);
  }
  egide::bench::interleave(
      contenders, [&](std::size_t i) { egide::hamming_scan(queries, hashes, kMaxDistance, hits, *kernels[i]); });
  std::printf("    {\"hashes\": %zu, \"queries\": %zu, \"kernels\": [", count, query_count);
  print(contenders, last);
}

void scans(std::size_t count, bool last) {
  std::vector<std::uint8_t> hashes(count * kHashBytes);
  std::uint32_t seed = 2463534242u;
  for (std::uint8_t& byte : hashes) byte = static_cast<std::uint8_t>(xorshift(seed) >> 24);
  for (const std::size_t queries : {8, 32, 128}) scan(hashes, queries, last && queries == 128);
}

// Runs of `length` tags, within 2 bits: one tag in 478 is near. The tags stay in the second-level cache, as those that
// an index has asked for ahead.
void filter(std::uint32_t length, bool last) {
  constexpr std::size_t kTags = 1 << 16, kRuns = 10'000;
  constexpr std::uint32_t kLimit = 2;
  const std::unique_ptr<std::uint16_t, decltype(&std::free)> tags(
      static_cast<std::uint16_t*>(std::aligned_alloc(64, kTags * sizeof(std::uint16_t))), &std::free);
  std::uint32_t seed = 2463534242u;
  for (std::size_t i = 0; i < kTags; ++i) tags.get()[i] = static_cast<std::uint16_t>(xorshift(seed) >> 16);
  std::vector<egide::kernels::TagRun> runs(kRuns);
  for (egide::kernels::TagRun& run : runs) {
    const std::uint32_t begin = xorshift(seed) % (kTags - length);
    run = {begin, begin + length, kLimit};
  }
  std::vector<std::uint32_t> expected(kRuns * length), found(kRuns * length);
  constexpr std::uint16_t kQuery = 0x3c5a;
  expected.resize(egide::kernels::tags_scalar(runs.data(), kRuns, tags.get(), kQuery, expected.data()));
  std::vector<const egide::kernels::TagsKernel*> kernels;
  std::vector<Contender> contenders;
  for (const egide::kernels::TagsKernel& kernel : egide::kernels::tags_kernels()) {
    if (!kernel.available()) continue;
    kernels.push_back(&kernel);
    contenders.push_back({kernel.name, {}});
    const std::size_t count = kernel.run(runs.data(), kRuns, tags.get(), kQuery, found.data());
    require(count == expected.size() && std::equal(expected.begin(), expected.end(), found.begin()), kernel.name);
  }
  egide::bench::interleave(
      contenders, [&](std::size_t i) { kernels[i]->run(runs.data(), kRuns, tags.get(), kQuery, found.data()); });
  std::printf("    {\"tags\": %u, \"runs\": %zu, \"kernels\": [", length, kRuns);
  print(contenders, last);
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("{\n  \"scans\": [\n");
  if (argc > 1) {
    scans(std::strtoull(argv[1], nullptr, 10), true);
  } else {
    scans(100'000, false);
    scans(1'000'000, true);
  }
  std::printf("  ],\n  \"filters\": [\n");
  filter(15, false);
  filter(150, true);
  std::printf("  ]\n}\n");
}
