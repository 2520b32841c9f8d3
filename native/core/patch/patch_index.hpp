// What an index of patches holds: features sorted by their keys, to be searched, and in the order of the images, to be
// compared and given back (docs/formats.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/index/index_format.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/grid.hpp"
#include "core/patch/match.hpp"
#include "core/patch/record.hpp"

namespace egide {

/// What the sizes of an index follow from: added up over the records that it is built of.
struct PatchTotals {
  std::uint64_t features = 0, images = 0, grid_blocks = 0;
};
/// Adds whole records, one after the other; only their headers are looked at. False, and nothing is added, if one of
/// them is none, is cut short or has codes of another length.
bool add_totals(std::span<const std::uint8_t> records, std::uint32_t code_bytes, PatchTotals& totals) noexcept;

/// Pieces of the index's grid section that a grid takes.
constexpr std::uint64_t grid_blocks(GridShape shape) noexcept {
  return (grid_bytes(shape) + kGridBlock - 1) / kGridBlock;
}

/// The shape of an index of that much; `code_bytes` is 16 or 8.
IndexShape patch_shape(const PatchTotals& totals, std::uint32_t code_bytes) noexcept;

/// An image of an index.
struct PatchImage {
  /// Its first feature, and how many it has.
  std::uint32_t first, count;
  /// Pixels of the enrolled picture, upright.
  std::uint32_t width, height;
  GridShape grid_shape;
  const std::uint8_t* grid;
};
/// `IndexError::position` if there is no such image, or what the index says of it cannot be.
IndexError read_image(const Index& index, std::uint64_t image, PatchImage& read) noexcept;

/// An index, and the images of it that are removed: bit i of the bytes, lowest first. Images beyond the bytes are
/// there.
struct PatchSegment {
  const Index& index;
  std::span<const std::uint8_t> removed;

  bool holds(std::uint32_t image) const noexcept {
    return image / 8 >= removed.size() || (removed[image / 8] >> image % 8 & 1) == 0;
  }
};

/// The image that a feature belongs to. `IndexError::position` if the index contradicts itself.
IndexError image_of(const Index& index, std::uint32_t feature, std::uint32_t& image) noexcept;
/// Asks for what `image_of` reads first; the feature must be one of the index's.
void ask_for_image(const Index& index, std::uint32_t feature) noexcept;
/// Asks for what it reads then.
void ask_for_image_row(const Index& index, std::uint32_t feature) noexcept;

/// An entry's feature and the rest of its key; entries of one bucket ascend by both.
struct PatchEntry {
  std::uint32_t rest, feature;
};
inline PatchEntry unpack_entry(std::uint32_t entry, std::uint32_t feature_bits) noexcept {
  const std::uint64_t wide = entry;  // all 32 bits may be the feature's
  return {static_cast<std::uint32_t>(wide >> feature_bits),
          static_cast<std::uint32_t>(wide & ((std::uint64_t{1} << feature_bits) - 1))};
}

inline PatchEntry read_entry(const Index& index, std::uint32_t entry) noexcept {
  return unpack_entry(read_u32(index.bytes + index.layout.positions + 4 * std::uint64_t{entry}),
                      number_bits(index.shape.count));
}

/// Entries from `begin` to before `end`.
struct EntryRun {
  std::uint32_t begin, end;
};
/// The bucket that a key lies in; `IndexError::directory` if its bounds cannot be.
IndexError bucket_of(const Index& index, std::uint32_t key, EntryRun& bucket) noexcept;
/// The entries of a bucket that have that very key.
EntryRun run_of(const Index& index, std::uint32_t key, EntryRun bucket) noexcept;

/// The code of an entry; the second word is 0 where codes are narrow.
inline Code code_at(const Index& index, std::uint32_t entry) noexcept {
  const std::uint8_t* code = index.bytes + index.layout.rows + index.shape.width * std::uint64_t{entry};
  return {{read_u64(code), index.shape.width == 16 ? read_u64(code + 8) : 0}};
}

/// Whether a feature is a stop feature.
bool is_stop(const Index& index, std::uint32_t feature) noexcept;

/// The record of an image, byte for byte what the index was built of, with the marks that stop features got since.
IndexError record_at(const Index& index, std::uint64_t image, std::vector<std::uint8_t>& record);
/// The same as a reference, to be matched. Its grid lies in the index.
IndexError reference_at(const Index& index, std::uint64_t image, Reference& reference);

}  // namespace egide
