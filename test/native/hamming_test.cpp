#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <vector>

#include "core/hamming/scan.hpp"
#include "pictures.hpp"

namespace {

std::vector<std::uint8_t> noise(std::size_t bytes, std::uint32_t seed) {
  std::vector<std::uint8_t> out(bytes);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(egide::test::xorshift(seed) >> 24);
  return out;
}

int slow_distance(const std::uint8_t* a, const std::uint8_t* b) {
  int bits = 0;
  for (int i = 0; i < 32; ++i) bits += std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
  return bits;
}

}  // namespace

TEST_CASE("every Hamming kernel gives the bit count, at any length and alignment") {
  for (const auto& kernel : egide::kernels::hamming_kernels()) {
    if (!kernel.available()) continue;
    CAPTURE(kernel.name);
    for (const std::size_t count : {0, 1, 7, 8, 9, 64, 257})
      for (const std::size_t offset : {0, 1, 13}) {
        const auto query = noise(32, 5), raw = noise(offset + 32 * count, 9);
        std::vector<std::uint16_t> got(count);
        kernel.run(query.data(), raw.data() + offset, count, got.data());
        for (std::size_t i = 0; i < count; ++i)
          CHECK(got[i] == slow_distance(query.data(), raw.data() + offset + 32 * i));
      }
    const std::vector<std::uint8_t> zeros(32, 0), ones(32, 0xff);
    std::uint16_t distance = 0;
    kernel.run(zeros.data(), ones.data(), 1, &distance);
    CHECK(distance == 256);
  }
}

TEST_CASE("the scan finds exactly the pairs within the radius and counts beyond its buffer") {
  const auto queries = noise(32 * 19, 3), hashes = noise(32 * 1000, 4);
  for (const std::uint32_t radius : {0u, 31u, 110u, 128u, 256u}) {
    std::uint64_t expected = 0;
    for (std::size_t q = 0; q < 19; ++q)
      for (std::size_t i = 0; i < 1000; ++i)
        expected += slow_distance(queries.data() + 32 * q, hashes.data() + 32 * i) <= static_cast<int>(radius);
    for (const auto& kernel : egide::kernels::hamming_kernels()) {
      if (!kernel.available()) continue;
      std::vector<egide::HammingHit> hits(19 * 1000);
      CHECK(egide::hamming_scan(queries, hashes, radius, hits, kernel) == expected);
      for (std::size_t i = 0; i < expected; ++i)
        CHECK(slow_distance(queries.data() + 32 * hits[i].query, hashes.data() + 32 * hits[i].position) ==
              static_cast<int>(hits[i].distance));
      CHECK(egide::hamming_scan(queries, hashes, radius, std::span(hits).first(1), kernel) == expected);
    }
  }
}
