// The one format of index files: a header, and sections whose places follow from it (docs/formats.md).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace egide {

/// What is wrong with bytes that should be an index. The numbers are part of the doors' contract
/// (src/search/index-error.ts).
enum class IndexError : std::uint8_t {
  ok = 0,
  not_an_index = 1,  // the first bytes are not the magic
  version = 2,       // of the format, or of the tables that patches were made with
  header = 3,        // the header's checksum fails, or it says what cannot be
  length = 4,        // the bytes are fewer or more than the header says
  directory = 5,     // bucket starts are out of order or range, or their checksum fails
  content = 6,       // the checksum over everything fails
  position = 7,      // a position beyond the rows was met while searching
  kind = 8,          // an index, but not of the kind asked for
};

enum class IndexKind : std::uint8_t { pdq = 1, digest = 2, patch = 3 };

/// Everything that the places of the sections follow from.
struct IndexShape {
  IndexKind kind = IndexKind::pdq;
  /// Bytes of a row: 32 for PDQ; 16 (MD5), 20 (SHA-1) or 32 (SHA-256); 16 or 8 for the code of a patch feature.
  std::uint32_t width = 32;
  /// Rows, at most `kMaxIndexCount`. Of patches: features.
  std::uint64_t count = 0;
  /// PDQ: 16, or 0 where there are no bands and every search is a scan. Digests: bits of a row that choose its bucket.
  /// Patches: bits of a key that do.
  std::uint32_t directory_bits = 0;
  /// Whether rows have ids of their own; without, a row's id is its position. Digests always have them. Of patches each
  /// image has one.
  bool ids = false;
  /// PDQ with bands: whether entries have tags. Without, an index is a third smaller and some ten times slower.
  bool tags = false;
  /// Patches: images, at most `kMaxIndexCount`, and pieces of `kGridBlock` bytes that their dense grids take.
  std::uint64_t images = 0, grid_blocks = 0;
};

/// Rows of 32-bit numbering, less one block of tags, so that a kernel's block number cannot wrap.
inline constexpr std::uint64_t kMaxIndexCount = (std::uint64_t{1} << 32) - 64;
inline constexpr std::size_t kIndexHeaderBytes = 128;
/// Every section begins at a multiple of this: a cache line, and a register of the widest kernel.
inline constexpr std::size_t kIndexAlignment = 64;

/// Bands of a PDQ hash, and buckets of each.
inline constexpr std::uint32_t kBands = 16, kBandBits = 16, kBandKeys = 1u << kBandBits;
/// Bucket starts of one band: one more than buckets, so that the last one has an end.
inline constexpr std::uint32_t kBandStarts = kBandKeys + 1;

/// Patches: bytes that a dense grid takes a multiple of, bytes of an image's row, and features whose first one's image
/// is written down.
inline constexpr std::size_t kGridBlock = 16, kImageBytes = 16, kOwnerStride = 64;

/// Byte offsets of the sections, in this order; `total` is the length of the whole. Those behind the positions are of
/// patches alone.
struct IndexLayout {
  std::uint64_t directory, rows, ids, tags, positions, entries, places, stops, images, owners, grids, total;
  /// Bytes of one position: 2, 3 or 4, whatever holds every row's.
  std::uint32_t position_bytes;
  /// Tags and positions of one band, with what pads them to whole blocks.
  std::uint64_t band_entries;
};

/// Bits that hold every number below `count`.
constexpr std::uint32_t number_bits(std::uint64_t count) noexcept {
  return count == 0 ? 0 : static_cast<std::uint32_t>(std::bit_width(count - 1));
}

bool valid(const IndexShape& shape) noexcept;
IndexLayout layout_of(const IndexShape& shape) noexcept;

/// A view of an index: the shape, and where its sections lie. The bytes may begin anywhere; at a multiple of
/// `kIndexAlignment` they are searched fastest.
struct Index {
  IndexShape shape;
  IndexLayout layout{};
  const std::uint8_t* bytes = nullptr;

  std::span<const std::uint8_t> rows() const noexcept {
    return {bytes + layout.rows, static_cast<std::size_t>(shape.count * shape.width)};
  }
  /// Bucket start number `i` of the directory.
  std::uint32_t start(std::uint64_t i) const noexcept;
  /// The id of the row at a position.
  std::uint32_t id(std::uint32_t position) const noexcept;
};

/// Looks at the header alone: the first `kIndexHeaderBytes`, whatever follows them.
IndexError read_header(std::span<const std::uint8_t> bytes, Index& index) noexcept;

/// Looks at the header, and whether the bytes are as long as it says: cheap enough for every call. What the sections
/// hold is not trusted by anything that reads them.
IndexError read_index(std::span<const std::uint8_t> bytes, Index& index) noexcept;

/// Looks at every bucket start: sums the directory up and checks order and range.
IndexError check_directory(const Index& index) noexcept;

/// Checksums of an index, and where in it each begins and ends.
struct IndexSums {
  std::uint64_t directory, content;
};
IndexSums sums_of(std::span<const std::uint8_t> bytes) noexcept;
void write_header(std::span<std::uint8_t> bytes, const IndexShape& shape, IndexSums sums) noexcept;

}  // namespace egide
