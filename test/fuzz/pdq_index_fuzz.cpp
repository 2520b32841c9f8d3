// Any hashes, queries, radius and buffer, built in parts of any size: every kernel finds what brute force finds,
// through the bands and by the way that the search itself chooses.
#include <cstdlib>

#include "../native/indexes.hpp"

namespace {

using namespace egide::test;
using egide::kPdqBytes;

// The input, byte by byte; behind its end, noise that depends on all of it, so that a few bytes make many hashes.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {
    for (std::size_t i = 0; i < size; ++i) noise_ = (noise_ ^ data[i]) * 0x01000193u + 1;
    noise_ |= 1;
  }
  std::uint32_t byte() { return at_ < size_ ? data_[at_++] : xorshift(noise_) >> 24; }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
  std::uint32_t noise_ = 0x811c9dc5u;
};

// A hash of 32 bytes of the input, or one of those before it with some bits turned: near ones are what a search is
// about.
void add_hash(Input& input, std::span<const std::uint8_t> others, std::vector<std::uint8_t>& hashes) {
  const std::uint32_t kind = input.byte();
  std::array<std::uint8_t, kPdqBytes> hash{};
  if (kind % 4 == 0 || others.empty()) {
    for (std::uint8_t& byte : hash) byte = static_cast<std::uint8_t>(input.byte());
  } else {
    const std::size_t other = (kind / 4 + input.byte() * 64) % (others.size() / kPdqBytes);
    std::copy_n(others.data() + kPdqBytes * other, kPdqBytes, hash.begin());
    // An odd stride meets every bit once before it comes back.
    const std::uint32_t turned = input.byte() % 80, first = input.byte(), stride = input.byte() | 1;
    for (std::uint32_t i = 0; i < turned; ++i) {
      const std::uint32_t bit = (first + i * stride) % 256;
      hash[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
  }
  hashes.insert(hashes.end(), hash.begin(), hash.end());
}

void require(bool holds) {
  if (!holds) std::abort();
}

// An index but for its checksums: over the directory they take longer, in a fuzz target, than all else.
AlignedBytes sorted(const egide::IndexShape& shape, std::span<const std::uint8_t> hashes, BuildParts parts) {
  const egide::IndexLayout layout = egide::layout_of(shape);
  Site site(shape);
  require(egide::index_build_begin(site.work(), shape) && added(site.work(), shape, hashes, parts));
  const std::uint64_t sums = (layout.total - egide::kIndexHeaderBytes + 7) / 8;
  for (std::uint64_t left = ~std::uint64_t{0}; left > sums;) {
    const egide::IndexProgress progress = egide::index_build_step(site.work(), parts.units);
    require(progress.ok && progress.left < left);
    left = progress.left;
  }
  return std::move(site.bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint32_t count = 1 + input.byte() + 256 * (input.byte() % 2);
  const std::uint32_t flags = input.byte();
  const bool ids = (flags & 1) != 0, bands = (flags & 2) == 0, tags = bands && (flags & 4) == 0;
  const BuildParts parts{1 + input.byte(), 1 + input.byte()};
  std::vector<std::uint8_t> hashes;
  while (hashes.size() < kPdqBytes * count) add_hash(input, std::span(hashes), hashes);

  const egide::IndexShape shape{egide::IndexKind::pdq, kPdqBytes, count, bands ? egide::kBandBits : 0, ids, tags};
  const AlignedBytes bytes = sorted(shape, hashes, parts);
  const egide::Index index{shape, egide::layout_of(shape), bytes.data()};
  // Building takes longer than searching, so there are some searches of each index.
  for (std::uint32_t searches = 1 + input.byte() % 8; searches > 0; --searches) {
    const std::uint32_t query_count = input.byte() % 8, room = input.byte() * 16, at = input.byte() % 80;
    const std::uint32_t radius = at == 79 ? 256 : at;
    std::vector<std::uint8_t> queries;
    while (queries.size() < kPdqBytes * query_count) add_hash(input, hashes, queries);
    const BruteForce truth(queries, hashes);
    for (const egide::SearchKernels& kernels : every_kernel()) {
      require(truth.wrong_with(searched(index, queries, radius, kernels, room), radius, ids).empty());
      if (!bands || radius > egide::kMaxBandedRadius || query_count == 0) continue;
      require(truth.wrong_with(searched_by_bands(index, queries, radius, kernels, room), radius, ids).empty());
    }
  }
  return 0;
}
