// Look-ups in an index of digests: 4,096 at a time, as many as the directory's bits allow and the usual ways beside it,
// and how long building takes. Prints one JSON object. Answers are checked first.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/digest/digest_index.hpp"
#include "core/index/index_build.hpp"
#include "measure.hpp"

namespace {

using egide::bench::require;

// A power of two of queries, so that a benchmark can go around; more than caches hold the rows of.
constexpr std::size_t kQueries = 1 << 20, kBatch = 4096;

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64 (S. Vigna, public domain)
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

std::vector<std::uint8_t> seeded_bytes(std::size_t count, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; i += 8) {
    const std::uint64_t word = next_random(seed);
    std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, count - i));
  }
  return bytes;
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

struct Built {
  egide::Index index;
  Area area;
  double milliseconds;
};

Built build(const std::vector<std::uint8_t>& digests, const egide::IndexShape& shape) {
  Built built{{}, Area(egide::layout_of(shape).total), 0};
  const double start = egide::bench::clock_us(CLOCK_THREAD_CPUTIME_ID);
  {
    const Area scratch(egide::index_scratch_bytes(shape));
    const egide::IndexWork work{built.area.span(), scratch.span()};
    require(egide::index_build_begin(work, shape) && egide::index_build_add(work, digests, {}), "the build begins");
    while (egide::index_build_step(work, 1 << 20).left > 0) {
    }
  }
  built.milliseconds = (egide::bench::clock_us(CLOCK_THREAD_CPUTIME_ID) - start) / 1000;
  require(egide::read_index(built.area.span(), built.index) == egide::IndexError::ok &&
              egide::check_directory(built.index) == egide::IndexError::ok,
          "the index opens");
  return built;
}

template <std::size_t kWidth>
using Key = std::array<std::uint8_t, kWidth>;

template <std::size_t kWidth>
struct LeadingBytes {
  std::size_t operator()(const Key<kWidth>& key) const {
    std::size_t value;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
  }
};

template <std::size_t kWidth>
void measure(std::size_t count, bool last) {
  const std::vector<std::uint8_t> digests = seeded_bytes(count * kWidth, 1),
                                  absent = seeded_bytes(kQueries * kWidth, 2);
  std::vector<std::uint8_t> present;
  std::uint64_t seed = 3;
  for (std::size_t i = 0; i < kQueries; ++i) {
    const auto* at = digests.data() + kWidth * (next_random(seed) % count);
    present.insert(present.end(), at, at + kWidth);
  }
  const egide::IndexShape shape = egide::digest_shape(kWidth, count);
  std::vector<egide::bench::Contender> contenders;
  std::vector<Built> built;
  for (const int more : {0, -2, -1, 1}) {
    egide::IndexShape other = shape;
    other.directory_bits += static_cast<std::uint32_t>(more);
    built.push_back(build(digests, other));
    contenders.push_back({"2^" + std::to_string(other.directory_bits) + " buckets", {}});
  }
  std::vector<egide::DigestHit> hits(2 * kQueries);
  for (const Built& one : built) {
    require(egide::digest_index_find(one.index, absent, hits).found == 0, "absent digests");
    const egide::DigestFind found = egide::digest_index_find(one.index, present, hits);
    require(found.error == egide::IndexError::ok && found.found == kQueries, "present digests");
    for (std::size_t q = 0; q < kQueries; ++q)
      require(hits[q].query == q && std::memcmp(digests.data() + kWidth * std::size_t{hits[q].id},
                                                present.data() + kWidth * q, kWidth) == 0,
              "ids");
  }
  contenders.push_back({"present digests", {}});
  contenders.push_back({"one at a time", {}});
  contenders.push_back({"std::binary_search", {}});
  contenders.push_back({"std::unordered_set", {}});

  const auto* rows = reinterpret_cast<const Key<kWidth>*>(built[0].index.rows().data());
  std::unordered_set<Key<kWidth>, LeadingBytes<kWidth>> set(rows, rows + count, count);
  const auto binary = [&](const std::uint8_t* query) {
    return std::binary_search(rows, rows + count, *reinterpret_cast<const Key<kWidth>*>(query),
                              [](const auto& a, const auto& b) { return std::memcmp(a.data(), b.data(), kWidth) < 0; });
  };
  const auto hashed = [&](const std::uint8_t* query) {
    return set.contains(*reinterpret_cast<const Key<kWidth>*>(query));
  };
  for (std::size_t q = 0; q < 1000 * kWidth; q += kWidth)
    require(binary(present.data() + q) && hashed(present.data() + q) && !binary(absent.data() + q) &&
                !hashed(absent.data() + q),
            "the usual ways");
  std::size_t next = 0, sum = 0;
  egide::bench::interleave(contenders, [&](std::size_t i) {
    next = (next + kBatch) % kQueries;
    const std::uint8_t* batch = absent.data() + kWidth * next;
    const std::size_t way = i - std::min(i, built.size());
    if (i < built.size()) {
      sum += egide::digest_index_find(built[i].index, {batch, kWidth * kBatch}, hits).found;
    } else if (way == 0) {
      sum += egide::digest_index_find(built[0].index, {present.data() + kWidth * next, kWidth * kBatch}, hits).found;
    } else {
      for (std::size_t q = 0; q < kBatch * kWidth; q += kWidth)
        sum += way == 1   ? egide::digest_index_find(built[0].index, {batch + q, kWidth}, hits).found
               : way == 2 ? binary(batch + q)
                          : hashed(batch + q);
    }
  });
  require(sum > 0, "the sum");  // read, so that nothing is optimised away
  std::printf("    {\"digests\": %zu, \"width\": %zu, \"bytes\": %zu, \"buildMs\": %.0f, \"ways\": [", count, kWidth,
              built[0].area.span().size(), built[0].milliseconds);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    egide::bench::print(contenders[i], i == 0);
    std::printf(", \"millionsPerSecond\": %.1f}", kBatch / egide::bench::median(contenders[i].times));
  }
  std::printf("]}%s\n", last ? "" : ",");
}

}  // namespace

int main() {
  std::printf("{\n  \"finds\": [\n");
  measure<16>(1'000'000, false);
  measure<16>(10'000'000, false);
  measure<32>(10'000'000, true);
  std::printf("  ]\n}\n");
}
