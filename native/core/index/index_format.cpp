#include "core/index/index_format.hpp"

#include <algorithm>
#include <cstring>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/code.hpp"

namespace egide {
namespace {

// As PNG's: a copy that a text mode has mangled is not taken for an index.
constexpr std::uint8_t kMagic[8] = {'E', 'G', 'I', 'D', 'E', '\r', '\n', 0x1a};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kHasIds = 1, kHasTags = 2;
// Where the header keeps what.
constexpr std::size_t kVersionAt = 8, kKindAt = 12, kLengthAt = 16, kCountAt = 24, kWidthAt = 32, kDirectoryBitsAt = 36,
                      kFlagsAt = 40, kDirectorySumAt = 48, kContentSumAt = 56, kImagesAt = 64, kGridBlocksAt = 72,
                      kTablesAt = 80, kHeaderSumAt = 120;

std::uint64_t aligned(std::uint64_t bytes) noexcept {
  return (bytes + kIndexAlignment - 1) / kIndexAlignment * kIndexAlignment;
}

std::uint64_t directory_entries(const IndexShape& shape) noexcept {
  if (shape.kind == IndexKind::pdq) return shape.directory_bits == 0 ? 0 : std::uint64_t{kBands} * kBandStarts;
  return (std::uint64_t{1} << shape.directory_bits) + 1;
}

std::uint32_t position_bytes_of(std::uint64_t count) noexcept {
  if (count <= std::uint64_t{1} << 16) return 2;
  return count <= std::uint64_t{1} << 24 ? 3 : 4;
}

// What the learned tables of an index are called; those of hashes and digests have none.
std::uint32_t tables_of(const IndexShape& shape) noexcept {
  return shape.kind == IndexKind::patch ? patch_tables_version() : 0;
}

// An entry keeps its feature's number in as few bits as hold every one, and the rest of its key in the bits above.
bool valid_patches(const IndexShape& shape) noexcept {
  return (shape.width == 8 || shape.width == 16) && shape.ids && !shape.tags && shape.images <= kMaxIndexCount &&
         shape.grid_blocks <= UINT32_MAX && shape.directory_bits <= kKeyBits &&
         number_bits(shape.count) + kKeyBits - shape.directory_bits <= 32;
}

}  // namespace

bool valid(const IndexShape& shape) noexcept {
  if (shape.count > kMaxIndexCount) return false;
  if (shape.kind == IndexKind::patch) return valid_patches(shape);
  if (shape.images != 0 || shape.grid_blocks != 0) return false;
  if (shape.kind == IndexKind::pdq) {
    const bool banded = shape.directory_bits == kBandBits && shape.count > 0;
    return shape.width == 32 && (banded || (shape.directory_bits == 0 && !shape.tags));
  }
  if (shape.kind != IndexKind::digest) return false;
  return (shape.width == 16 || shape.width == 20 || shape.width == 32) && shape.directory_bits <= 32 && shape.ids &&
         !shape.tags;
}

IndexLayout layout_of(const IndexShape& shape) noexcept {
  const bool banded = shape.kind == IndexKind::pdq && shape.directory_bits > 0;
  const bool patches = shape.kind == IndexKind::patch;
  const std::uint64_t features = patches ? shape.count : 0, with_ids = patches ? shape.images : shape.count;
  IndexLayout layout{};
  layout.position_bytes = position_bytes_of(shape.count);
  layout.band_entries = aligned(shape.count);
  layout.directory = kIndexHeaderBytes;
  layout.rows = aligned(layout.directory + 4 * directory_entries(shape));
  layout.ids = aligned(layout.rows + shape.count * shape.width);
  layout.tags = aligned(layout.ids + (shape.ids ? 4 * with_ids : 0));
  layout.positions = aligned(layout.tags + (shape.tags ? kBands * 2 * layout.band_entries : 0));
  layout.entries =
      aligned(layout.positions + (banded ? kBands * layout.position_bytes * layout.band_entries : 4 * features));
  layout.places = aligned(layout.entries + 4 * features);
  layout.stops = aligned(layout.places + 4 * features);
  layout.images = aligned(layout.stops + (features + 7) / 8);
  layout.owners = aligned(layout.images + (patches ? kImageBytes * (shape.images + 1) : 0));
  layout.grids = aligned(layout.owners + 4 * ((features + kOwnerStride - 1) / kOwnerStride));
  layout.total = aligned(layout.grids + kGridBlock * shape.grid_blocks);
  return layout;
}

std::uint32_t Index::start(std::uint64_t i) const noexcept { return read_u32(bytes + layout.directory + 4 * i); }

std::uint32_t Index::id(std::uint32_t position) const noexcept {
  return shape.ids ? read_u32(bytes + layout.ids + 4 * std::uint64_t{position}) : position;
}

IndexError read_header(std::span<const std::uint8_t> bytes, Index& index) noexcept {
  if (bytes.size() < sizeof kMagic || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
    return IndexError::not_an_index;
  if (bytes.size() < kIndexHeaderBytes) return IndexError::length;
  const std::uint8_t* header = bytes.data();
  if (read_u32(header + kVersionAt) != kVersion) return IndexError::version;
  if (checksum_of(bytes.first(kHeaderSumAt)) != read_u64(header + kHeaderSumAt)) return IndexError::header;
  const std::uint32_t flags = read_u32(header + kFlagsAt), kind = read_u32(header + kKindAt);
  if (kind > UINT8_MAX) return IndexError::header;
  const IndexShape shape{static_cast<IndexKind>(kind), read_u32(header + kWidthAt),
                         read_u64(header + kCountAt),  read_u32(header + kDirectoryBitsAt),
                         (flags & kHasIds) != 0,       (flags & kHasTags) != 0,
                         read_u64(header + kImagesAt), read_u64(header + kGridBlocksAt)};
  if (!valid(shape) || (flags & ~(kHasIds | kHasTags)) != 0) return IndexError::header;
  if (read_u32(header + kTablesAt) != tables_of(shape)) return IndexError::version;
  const IndexLayout layout = layout_of(shape);
  if (layout.total != read_u64(header + kLengthAt)) return IndexError::header;
  index = {shape, layout, bytes.data()};
  return IndexError::ok;
}

IndexError read_index(std::span<const std::uint8_t> bytes, Index& index) noexcept {
  const IndexError error = read_header(bytes, index);
  if (error != IndexError::ok) return error;
  return index.layout.total == bytes.size() ? IndexError::ok : IndexError::length;
}

IndexError check_directory(const Index& index) noexcept {
  const std::uint64_t entries = directory_entries(index.shape);
  const std::uint64_t table = index.shape.kind == IndexKind::pdq ? kBandStarts : entries;
  for (std::uint64_t first = 0; first < entries; first += table) {
    if (index.start(first) != 0 || index.start(first + table - 1) != index.shape.count) return IndexError::directory;
    bool ordered = true;
    for (std::uint64_t i = first; i + 1 < first + table; ++i) ordered &= index.start(i) <= index.start(i + 1);
    if (!ordered) return IndexError::directory;
  }
  const std::uint8_t *begin = index.bytes + index.layout.directory, *end = index.bytes + index.layout.rows;
  const std::uint64_t sum = checksum_of({begin, end});
  return sum == read_u64(index.bytes + kDirectorySumAt) ? IndexError::ok : IndexError::directory;
}

IndexSums sums_of(std::span<const std::uint8_t> bytes) noexcept {
  return {read_u64(bytes.data() + kDirectorySumAt), read_u64(bytes.data() + kContentSumAt)};
}

void write_header(std::span<std::uint8_t> bytes, const IndexShape& shape, IndexSums sums) noexcept {
  std::uint8_t* header = bytes.data();
  std::fill_n(header, kIndexHeaderBytes, std::uint8_t{0});
  std::memcpy(header, kMagic, sizeof kMagic);
  write_number(header + kVersionAt, kVersion);
  write_number(header + kKindAt, static_cast<std::uint32_t>(shape.kind));
  write_number(header + kLengthAt, layout_of(shape).total);
  write_number(header + kCountAt, shape.count);
  write_number(header + kWidthAt, shape.width);
  write_number(header + kDirectoryBitsAt, shape.directory_bits);
  write_number(header + kFlagsAt, (shape.ids ? kHasIds : 0) | (shape.tags ? kHasTags : 0));
  write_number(header + kImagesAt, shape.images);
  write_number(header + kGridBlocksAt, shape.grid_blocks);
  write_number(header + kTablesAt, tables_of(shape));
  write_number(header + kDirectorySumAt, sums.directory);
  write_number(header + kContentSumAt, sums.content);
  write_number(header + kHeaderSumAt, checksum_of(bytes.first(kHeaderSumAt)));
}

}  // namespace egide
