#include "core/digest/digest_build.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "core/digest/digest_row.hpp"

namespace egide {
namespace {

constexpr std::uint32_t kPassBits = 8;
// How many bucket starts are written in the time of one unit, and how many units a row needs to sink by one level of a
// heap of a million rows (measured: about 40 ns).
constexpr std::uint64_t kStartsPerUnit = 4, kUnitsPerLevel = 16;

std::uint32_t radix_passes(const IndexShape& shape) noexcept {
  return (shape.directory_bits + kPassBits - 1) / kPassBits;
}

/// Where rows and ids stand while they are sorted.
struct DigestRows {
  std::uint8_t *digests, *ids;
};

// They go to and fro between the scratch area and the index, where the last pass leaves them.
DigestRows rows_before(const IndexTarget& target, std::uint32_t pass) noexcept {
  if ((radix_passes(target.shape) - pass) % 2 == 0)
    return {target.bytes + target.layout.rows, target.bytes + target.layout.ids};
  return {target.scratch, target.scratch + target.shape.width * target.shape.count};
}

std::uint32_t radix_of(const std::uint8_t* digest, std::uint32_t directory_bits, std::uint32_t pass) noexcept {
  return bucket_of(digest, directory_bits) >> (kPassBits * pass) & 255u;
}

template <std::size_t kWidth>
void move_rows(DigestBuild& build, const IndexTarget& target, std::uint32_t pass, std::uint64_t from,
               std::uint64_t to) noexcept {
  std::uint32_t(&next)[256] = build.next[pass];
  if (from == 0) std::exclusive_scan(next, next + 256, next, 0u);
  const DigestRows source = rows_before(target, pass), sorted = rows_before(target, pass + 1);
  for (std::uint64_t i = from; i < to; ++i) {
    const std::uint8_t* digest = source.digests + kWidth * i;
    const std::uint64_t at = next[radix_of(digest, target.shape.directory_bits, pass)]++;
    std::memcpy(sorted.digests + kWidth * at, digest, kWidth);
    std::memcpy(sorted.ids + 4 * at, source.ids + 4 * i, 4);
  }
}

/// Equal digests are in the order of their ids.
template <std::size_t kWidth>
struct DigestRow {
  Digest<kWidth> digest;
  std::uint32_t id;

  auto operator<=>(const DigestRow&) const = default;
};

/// The last pass, over rows that stand bucket by bucket in the index.
template <std::size_t kWidth>
class BucketPass {
 public:
  BucketPass(DigestBuild& build, const IndexTarget& target) noexcept
      : build_(build),
        shape_(target.shape),
        digests_(target.bytes + target.layout.rows),
        ids_(target.bytes + target.layout.ids),
        starts_(target.bytes + target.layout.directory) {}

  std::uint64_t run(std::uint64_t units) noexcept {
    std::uint64_t used = 0;
    while (used < units && build_.row <= shape_.count) {
      const std::uint64_t bucket = build_.row < shape_.count
                                       ? bucket_of(digests_ + kWidth * build_.row, shape_.directory_bits)
                                       : std::uint64_t{1} << shape_.directory_bits;
      if (bucket < build_.starts) {
        if (build_.row > build_.begin && row(build_.row) < row(build_.row - 1)) build_.ordered = false;
        ++build_.row, ++used;
      } else if (!build_.ordered) {
        used += sort(units - used);
      } else {
        used += write_starts(bucket, units - used);
      }
    }
    return used;
  }

 private:
  DigestRow<kWidth> row(std::uint64_t i) const noexcept {
    return {read_digest<kWidth>(digests_ + kWidth * i), read_u32(ids_ + 4 * i)};
  }
  void put(std::uint64_t i, const DigestRow<kWidth>& row) noexcept {
    write_digest<kWidth>(digests_ + kWidth * i, row.digest);
    write_number(ids_ + 4 * i, row.id);
  }

  // Up to that of `bucket`, which begins with the row that is looked at.
  std::uint64_t write_starts(std::uint64_t bucket, std::uint64_t units) noexcept {
    const std::uint64_t end = std::min(bucket + 1, build_.starts + std::min(units, shape_.count + 1) * kStartsPerUnit);
    const std::uint64_t count = end - build_.starts;
    for (; build_.starts < end; ++build_.starts)
      write_number(starts_ + 4 * build_.starts, static_cast<std::uint32_t>(build_.row));
    build_.begin = build_.row;
    return count / kStartsPerUnit;
  }

  // Rows begin .. row - 1: makes them a heap, and takes its greatest row from it until it is empty.
  std::uint64_t sort(std::uint64_t units) noexcept {
    const std::uint64_t size = build_.row - build_.begin;
    if (build_.heap_end == 0) build_.heap_begin = size / 2, build_.heap_end = size;
    const std::uint64_t each = static_cast<std::uint64_t>(std::bit_width(size)) * kUnitsPerLevel;
    std::uint64_t used = 0;
    for (; used < units && build_.heap_end > 1; used += each) {
      if (build_.heap_begin > 0) {
        --build_.heap_begin;
        sink(build_.heap_begin, row(build_.begin + build_.heap_begin));
      } else {
        --build_.heap_end;
        const DigestRow<kWidth> last = row(build_.begin + build_.heap_end);
        put(build_.begin + build_.heap_end, row(build_.begin));
        sink(0, last);
      }
    }
    if (build_.heap_end == 1) build_.heap_end = 0, build_.ordered = true;
    return used;
  }

  // Puts a row into the heap at `root` or below it, wherever no greater row is below it.
  void sink(std::uint64_t root, const DigestRow<kWidth>& sinking) noexcept {
    for (std::uint64_t child = 2 * root + 1; child < build_.heap_end; child = 2 * root + 1) {
      DigestRow<kWidth> greater = row(build_.begin + child);
      if (child + 1 < build_.heap_end) {
        const DigestRow<kWidth> other = row(build_.begin + child + 1);
        if (greater < other) greater = other, ++child;
      }
      if (!(sinking < greater)) break;
      put(build_.begin + root, greater);
      root = child;
    }
    put(build_.begin + root, sinking);
  }

  DigestBuild& build_;
  IndexShape shape_;
  std::uint8_t *digests_, *ids_, *starts_;
};

}  // namespace

std::uint64_t digest_build_scratch_bytes(const IndexShape& shape) noexcept { return shape.count * (shape.width + 4); }

void digest_build_add(DigestBuild& build, const IndexTarget& target, std::span<const std::uint8_t> rows,
                      std::span<const std::uint32_t> ids, std::uint64_t first) noexcept {
  const std::uint32_t width = target.shape.width, passes = radix_passes(target.shape);
  const DigestRows unsorted = rows_before(target, 0);
  if (!rows.empty()) std::memcpy(unsorted.digests + width * first, rows.data(), rows.size());
  for (std::size_t i = 0; i < rows.size() / width; ++i) {
    write_number(unsorted.ids + 4 * (first + i), ids.empty() ? static_cast<std::uint32_t>(first + i) : ids[i]);
    for (std::uint32_t pass = 0; pass < passes; ++pass)
      ++build.next[pass][radix_of(rows.data() + width * i, target.shape.directory_bits, pass)];
  }
}

std::uint64_t digest_build_left(const DigestBuild& build, const IndexTarget& target) noexcept {
  // The last pass has one step more than rows: it closes the directory.
  return target.shape.count * radix_passes(target.shape) - build.moved + target.shape.count + 1 - build.row;
}

std::uint64_t digest_build_step(DigestBuild& build, const IndexTarget& target, std::uint64_t units) noexcept {
  const std::uint64_t count = target.shape.count, all = count * radix_passes(target.shape);
  return with_width(target.shape.width, [&](auto width) {
    std::uint64_t used = 0;
    while (used < units && build.moved < all) {
      const std::uint64_t from = build.moved % count, to = from + std::min(count - from, units - used);
      move_rows<width>(build, target, static_cast<std::uint32_t>(build.moved / count), from, to);
      build.moved += to - from, used += to - from;
    }
    return used < units ? used + BucketPass<width>(build, target).run(units - used) : used;
  });
}

}  // namespace egide
