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

TEST_CASE("every kernel marks exactly the near pairs, with any number of queries and hashes, at any alignment") {
  std::vector<std::uint8_t> stored = noise(32 * 131, 9), asked = noise(32 * 16, 5);
  // A few are near: query q is 2 q bits from hash 8 q, and agrees in the first half with the one after it.
  for (std::size_t q = 0; q < 16; ++q) {
    std::memcpy(&asked[32 * q], &stored[32 * 8 * q], 32);
    std::memcpy(&stored[32 * (8 * q + 1)], &asked[32 * q], 16);
    for (std::size_t bit = 0; bit < 2 * q; ++bit) asked[32 * q + 31 - bit] ^= 0x10;
  }
  for (const auto& kernel : egide::kernels::near_kernels()) {
    if (!kernel.available()) continue;
    CAPTURE(kernel.name);
    for (const std::size_t count : {0, 1, 3, 4, 8, 15, 16, 17, 131})
      for (const std::size_t query_count : {1, 2, 7, 8, 9, 16})
        for (const std::size_t offset : {0, 1, 13})
          for (const std::uint32_t radius : {0u, 1u, 16u, 31u, 39u, 40u, 64u, 100u, 128u, 255u, 256u}) {
            // Exactly sized, so that the address sanitizer sees a read beyond the end.
            std::vector<std::uint8_t> queries(offset), hashes(offset);
            queries.insert(queries.end(), asked.begin(), asked.begin() + 32 * query_count);
            hashes.insert(hashes.end(), stored.begin(), stored.begin() + 32 * count);
            queries.shrink_to_fit(), hashes.shrink_to_fit();
            std::vector<std::uint16_t> got(count, 0xaaaa), expected(count);
            for (std::size_t i = 0; i < count; ++i)
              for (std::size_t q = 0; q < query_count; ++q)
                if (slow_distance(&asked[32 * q], &stored[32 * i]) <= static_cast<int>(radius))
                  expected[i] |= static_cast<std::uint16_t>(1u << q);
            kernel.run(queries.data() + offset, query_count, hashes.data() + offset, count, radius, got.data());
            CAPTURE(count);
            CAPTURE(query_count);
            CAPTURE(offset);
            CAPTURE(radius);
            CHECK(got == expected);
          }
  }
}

TEST_CASE("a complement is 256 bits away: within 256, not within 255") {
  const std::vector<std::uint8_t> zeros(32 * 16, 0), ones(32 * 16, 0xff);
  for (const auto& kernel : egide::kernels::near_kernels()) {
    if (!kernel.available()) continue;
    CAPTURE(kernel.name);
    std::vector<std::uint16_t> masks(16);
    kernel.run(zeros.data(), 16, ones.data(), 16, 256, masks.data());
    CHECK(masks == std::vector<std::uint16_t>(16, 0xffff));
    kernel.run(zeros.data(), 16, ones.data(), 16, 255, masks.data());
    CHECK(masks == std::vector<std::uint16_t>(16, 0));
  }
}

TEST_CASE("the scan finds exactly the pairs within the radius and counts beyond its buffer") {
  const auto queries = noise(32 * 19, 3), hashes = noise(32 * 1000, 4);
  for (const std::uint32_t radius : {0u, 31u, 110u, 128u, 256u}) {
    std::uint64_t expected = 0;
    for (std::size_t q = 0; q < 19; ++q)
      for (std::size_t i = 0; i < 1000; ++i)
        expected += slow_distance(queries.data() + 32 * q, hashes.data() + 32 * i) <= static_cast<int>(radius);
    for (const auto& kernel : egide::kernels::near_kernels()) {
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
