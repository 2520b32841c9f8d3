// Any bytes as an index of digests: what opens can be searched without harm, and what was built finds every row.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/digest/digest_index.hpp"
#include "core/index/index_build.hpp"

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Memory that begins at a cache line and ends where it must not be read beyond.
class Area {
 public:
  explicit Area(std::uint64_t bytes)
      : memory_(static_cast<std::uint8_t*>(std::aligned_alloc(64, std::max<std::uint64_t>(bytes + 63, 64) / 64 * 64))),
        bytes_(bytes) {}
  Area(const Area&) = delete;
  Area& operator=(const Area&) = delete;
  ~Area() { std::free(memory_); }
  std::span<std::uint8_t> span() const { return {memory_, bytes_}; }

 private:
  std::uint8_t* memory_;
  std::uint64_t bytes_;
};

void find(const egide::Index& index, Bytes queries, std::size_t capacity) {
  queries = queries.first(queries.size() / index.shape.width * index.shape.width);
  std::vector<egide::DigestHit> hits(capacity);
  const egide::DigestFind found = egide::digest_index_find(index, queries, hits);
  for (std::size_t i = 0; i < std::min<std::uint64_t>(found.found, capacity); ++i)
    if (hits[i].query >= queries.size() / index.shape.width) std::abort();
}

// A header that holds, over a body that the input wrote.
void open_hostile(const egide::IndexShape& shape, Bytes input) {
  const egide::IndexLayout layout = egide::layout_of(shape);
  const Area area(layout.total);
  std::ranges::fill(area.span(), std::uint8_t{0});
  for (std::size_t at = egide::kIndexHeaderBytes, from = 0; at < layout.total && !input.empty(); ++at, ++from)
    area.span()[at] = input[from % input.size()];
  egide::write_header(area.span(), shape, {0, 0});
  egide::Index index;
  if (egide::read_index(area.span(), index) != egide::IndexError::ok) std::abort();
  (void)egide::check_directory(index);
  find(index, input, 40);
}

void build(const egide::IndexShape& shape, Bytes rows, std::uint64_t units) {
  const Area area(egide::layout_of(shape).total), scratch(egide::index_scratch_bytes(shape));
  const egide::IndexWork work{area.span(), scratch.span()};
  if (!egide::index_build_begin(work, shape) || !egide::index_build_add(work, rows, {})) std::abort();
  while (egide::index_build_step(work, units).left > 0) {
  }
  egide::Index index;
  if (egide::read_index(area.span(), index) != egide::IndexError::ok) std::abort();
  if (egide::check_directory(index) != egide::IndexError::ok) std::abort();
  std::vector<egide::DigestHit> hits(shape.count * shape.count);
  const egide::DigestFind found = egide::digest_index_find(index, rows, hits);
  std::uint64_t expected = 0;
  for (std::uint32_t q = 0; q < shape.count; ++q)
    for (std::uint32_t i = 0; i < shape.count; ++i) {
      if (std::memcmp(rows.data() + shape.width * q, rows.data() + shape.width * i, shape.width) != 0) continue;
      if (expected >= found.found || hits[expected].query != q || hits[expected].id != i) std::abort();
      ++expected;
    }
  if (found.error != egide::IndexError::ok || found.found != expected) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  constexpr std::uint32_t kWidths[] = {16, 20, 32};
  const std::uint32_t width = kWidths[data[0] % 3];
  const Bytes input(data + 4, size - 4);
  egide::Index index;
  if (egide::read_index(input, index) == egide::IndexError::ok && index.shape.kind == egide::IndexKind::digest)
    find(index, input, 40);
  open_hostile({egide::IndexKind::digest, width, data[1], data[2] % 12u, true, false}, input);
  const Bytes rows = input.first(std::min<std::size_t>(input.size() / width, 200) * width);
  egide::IndexShape shape = egide::digest_shape(width, rows.size() / width);
  // Any number of buckets, not only the one that is best.
  if (data[2] >= 128) shape.directory_bits = data[2] % 16u;
  build(shape, rows, data[3] + 1u);
  return 0;
}
