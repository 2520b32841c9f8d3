// Any queries, hashes, radius and buffer: every kernel finds what the scalar twin finds and writes no further than it
// may.
#include <cstdlib>
#include <vector>

#include "core/hamming/scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::uint32_t radius = (data[0] | data[1] << 8) % 258u, capacity = data[2];
  const std::size_t hashes_in_input = (size - 4) / 32,
                    query_count = hashes_in_input == 0 ? 0 : data[3] % (hashes_in_input + 1);
  const std::vector<std::uint8_t> queries(data + 4, data + 4 + 32 * query_count);
  const std::vector<std::uint8_t> hashes(data + 4 + 32 * query_count, data + 4 + 32 * hashes_in_input);
  const std::uint64_t expected =
      egide::hamming_scan(queries, hashes, radius, {}, egide::kernels::near_kernels().back());
  for (const auto& kernel : egide::kernels::near_kernels()) {
    if (!kernel.available()) continue;
    std::vector<egide::HammingHit> hits(capacity);
    if (egide::hamming_scan(queries, hashes, radius, hits, kernel) != expected) std::abort();
    for (std::size_t i = 0; i < capacity && i < expected; ++i) {
      int bits = 0;
      for (std::size_t b = 0; b < 32; ++b)
        bits += __builtin_popcount(
            static_cast<unsigned>(queries[32 * hits[i].query + b] ^ hashes[32 * hits[i].position + b]));
      if (bits != static_cast<int>(hits[i].distance) || hits[i].distance > radius) std::abort();
    }
  }
  return 0;
}
