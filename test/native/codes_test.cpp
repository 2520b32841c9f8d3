#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <vector>

#include "core/kernels/codes_kernels.hpp"
#include "pictures.hpp"

namespace {

std::uint32_t slow_distance(const std::uint8_t* a, const std::uint8_t* b, std::uint64_t mask) {
  std::uint64_t x[2], y[2];
  std::memcpy(x, a, sizeof x);
  std::memcpy(y, b, sizeof y);
  return static_cast<std::uint32_t>(std::popcount(x[0] ^ y[0]) + std::popcount((x[1] ^ y[1]) & mask));
}

}  // namespace

TEST_CASE("every kernel names exactly the near codes, in their order, of any number, at any alignment") {
  std::uint32_t seed = 21;
  std::vector<std::uint8_t> stored(16 * 67), asked(16);
  for (std::uint8_t& byte : asked) byte = static_cast<std::uint8_t>(egide::test::xorshift(seed) >> 24);
  // Every third code is a few bits away.
  for (std::size_t i = 0; i < 67; ++i)
    for (std::size_t b = 0; b < 16; ++b)
      stored[16 * i + b] = static_cast<std::uint8_t>(i % 3 == 0 ? asked[b] ^ (b < i % 17 ? 1u << (i % 8) : 0)
                                                                : egide::test::xorshift(seed) >> 24);
  for (const auto& kernel : egide::kernels::codes_kernels()) {
    if (!kernel.available()) continue;
    CAPTURE(kernel.name);
    for (const std::size_t count : {0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 67})
      for (const std::size_t offset : {0, 1, 13})
        for (const std::uint64_t mask : {~std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0x00ff00ff00ff00ff}})
          for (const std::uint32_t radius : {0u, 1u, 8u, 11u, 26u, 60u, 64u, 127u, 128u}) {
            // Exactly sized, so that the address sanitizer sees a read beyond the end.
            std::vector<std::uint8_t> query(offset), codes(offset);
            query.insert(query.end(), asked.begin(), asked.end());
            codes.insert(codes.end(), stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(16 * count));
            query.shrink_to_fit(), codes.shrink_to_fit();
            std::vector<std::uint32_t> expected;
            for (std::uint32_t i = 0; i < count; ++i)
              if (slow_distance(asked.data(), &stored[16 * i], mask) <= radius) expected.push_back(i);
            std::vector<std::uint32_t> found(count);
            found.resize(kernel.run(query.data() + offset, codes.data() + offset, count, mask, radius, found.data()));
            CAPTURE(count);
            CAPTURE(offset);
            CAPTURE(mask);
            CAPTURE(radius);
            CHECK(found == expected);
          }
  }
}
