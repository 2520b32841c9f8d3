// The full scan: 8 queries (the orientations of one picture) against 100,000 hashes, every kernel that this machine
// runs. Prints one JSON object. Answers are held against each other first.
#include <string>
#include <vector>

#include "core/hamming/scan.hpp"
#include "measure.hpp"

namespace {

constexpr std::size_t kHashBytes = 32, kQueries = 8;
constexpr std::uint32_t kMaxDistance = 31;  // python-threatexchange, PDQ_CONFIDENT_MATCH_THRESHOLD

std::vector<std::uint8_t> seeded_bytes(std::size_t count, std::uint32_t seed) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) {
    seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

void measure(std::size_t count, bool last) {
  const std::vector<std::uint8_t> hashes = seeded_bytes(count * kHashBytes, 2463534242u);
  std::vector<std::uint8_t> queries(hashes.begin(), hashes.begin() + kQueries * kHashBytes);
  for (std::size_t q = 0; q < kQueries; ++q) queries[q * kHashBytes] ^= 0x0f;  // each is 4 bits from a stored hash
  std::vector<egide::HammingHit> hits(64);
  std::vector<const egide::kernels::NearKernel*> kernels;
  std::vector<egide::bench::Contender> contenders;
  for (const egide::kernels::NearKernel& kernel : egide::kernels::near_kernels()) {
    if (!kernel.available()) continue;
    kernels.push_back(&kernel);
    contenders.push_back({kernel.name, {}});
    const std::uint64_t found = egide::hamming_scan(queries, hashes, kMaxDistance, hits, kernel);
    egide::bench::require(found == kQueries, std::string(kernel.name) + " found " + std::to_string(found));
    for (std::size_t q = 0; q < kQueries; ++q)
      egide::bench::require(hits[q].query == hits[q].position && hits[q].distance == 4, kernel.name);
  }
  egide::bench::interleave(
      contenders, [&](std::size_t i) { egide::hamming_scan(queries, hashes, kMaxDistance, hits, *kernels[i]); });
  std::printf("    {\"hashes\": %zu, \"queries\": %zu, \"kernels\": [", count, kQueries);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    egide::bench::print(contenders[i], i == 0);
    std::printf("}");
  }
  std::printf("]}%s\n", last ? "" : ",");
}

}  // namespace

int main() {
  std::printf("{\n  \"scans\": [\n");
  measure(100'000, false);
  measure(1'000'000, true);
  std::printf("  ]\n}\n");
}
