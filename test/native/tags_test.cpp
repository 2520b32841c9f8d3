#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/kernels/tags_kernels.hpp"
#include "pictures.hpp"

namespace {

using egide::kernels::TagRun;

constexpr std::uint16_t kQueryTag = 0x3c5a;

// Exactly as long as the contract asks for, so that the address sanitizer sees a read beyond the end.
struct Tags {
  explicit Tags(std::size_t count)
      : size(count), values(static_cast<std::uint16_t*>(std::aligned_alloc(64, 2 * count)), &std::free) {
    std::uint32_t seed = 77;
    for (std::size_t i = 0; i < count; ++i) {  // from 0 to 16 bits away, many near
      const std::uint32_t random = egide::test::xorshift(seed), fewer = egide::test::xorshift(seed);
      values.get()[i] = kQueryTag ^ static_cast<std::uint16_t>(random & (random >> 16) & (i % 3 == 0 ? fewer : ~0u));
    }
    values.get()[1] = kQueryTag, values.get()[count - 1] = static_cast<std::uint16_t>(~kQueryTag);
  }
  std::size_t size;
  std::unique_ptr<std::uint16_t[], decltype(&std::free)> values;
};

std::vector<std::uint32_t> slow_filter(const std::vector<TagRun>& runs, const Tags& tags) {
  std::vector<std::uint32_t> found;
  for (const TagRun& run : runs)
    for (std::uint32_t i = run.begin; i < run.end; ++i) {
      const auto differing = static_cast<std::uint16_t>(tags.values[i] ^ kQueryTag);
      if (static_cast<std::uint32_t>(std::popcount(differing)) <= run.limit) found.push_back(i);
    }
  return found;
}

void check_every_kernel(const std::vector<TagRun>& runs, const Tags& tags) {
  const std::vector<std::uint32_t> expected = slow_filter(runs, tags);
  std::size_t room = 0;
  for (const TagRun& run : runs) room += run.end - run.begin;
  for (const auto& kernel : egide::kernels::tags_kernels()) {
    if (!kernel.available()) continue;
    std::vector<std::uint32_t> found(room);
    found.resize(kernel.run(runs.data(), runs.size(), tags.values.get(), kQueryTag, found.data()));
    CAPTURE(kernel.name);
    CAPTURE(runs.size());
    CAPTURE(runs.empty() ? 0 : runs[0].begin);
    CAPTURE(runs.empty() ? 0 : runs[0].end);
    CAPTURE(runs.empty() ? 0 : runs[0].limit);
    CHECK(found == expected);
  }
}

}  // namespace

TEST_CASE("every kernel finds the near tags of runs of any length, at any alignment and limit") {
  const Tags tags(256);
  for (std::uint32_t length = 1; length <= 200; ++length)
    for (std::uint32_t begin = 0; begin < 40; ++begin)
      check_every_kernel({{begin, begin + length, (length + begin) % 17}}, tags);
}

TEST_CASE("every kernel reads up to the last tag and no further") {
  const Tags tags(256);
  for (std::uint32_t length = 1; length <= 200; ++length)
    for (const std::uint32_t limit : {0u, 7u, 15u, 16u}) check_every_kernel({{256 - length, 256, limit}}, tags);
}

TEST_CASE("every kernel takes many runs, empty ones too, in any order") {
  const Tags tags(1024);
  check_every_kernel({}, tags);
  for (std::uint32_t begin = 0; begin < 64; ++begin) check_every_kernel({{begin, begin, 16}}, tags);
  std::uint32_t seed = 5;
  for (int round = 0; round < 200; ++round) {
    std::vector<TagRun> runs(egide::test::xorshift(seed) % 40);
    for (TagRun& run : runs) {
      const std::uint32_t begin = egide::test::xorshift(seed) % 1025, end = egide::test::xorshift(seed) % 1025;
      run = {std::min(begin, end), round % 4 == 0 ? std::min(begin, end) : std::max(begin, end),
             egide::test::xorshift(seed) % 17};
    }
    check_every_kernel(runs, tags);
  }
}
