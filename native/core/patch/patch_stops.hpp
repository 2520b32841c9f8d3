// Stop features: what is seen in pictures everywhere - the buttons of a screen, the letters of a caption, an emoji -
// and tells nothing about which picture this is. They do not vote for an image and prove nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/index/index_build.hpp"
#include "core/patch/patch_index.hpp"

namespace egide {

/// A feature is one if as many other images as this have a feature like it: with the same key, and a code that differs
/// in at most so many bits. The figures lie between two that were measured on screenshots: 4 images within 14 bits, and
/// 2 within 18. For codes of 64 bits the radius is in the same proportion to the search's own, 6 to 8 as 16 to 20: both
/// times it is a little less than what a copy may differ in.
inline constexpr std::uint32_t kStopImages = 3;
constexpr std::uint32_t stop_distance(std::uint32_t code_bytes) noexcept { return code_bytes == 16 ? 16 : 6; }

/// Codes that are stop features' own, by key: a view of bytes that any index can be marked with, so that indexes which
/// share a bank (and were marked with the same table) answer as one index would. An entry stands for all keys that
/// differ from its own in bits of its mask alone: 0 where it was collected, those that change most often between
/// renderings where it comes with the library.
struct StopTable {
  std::uint32_t code_bytes = 16;
  std::uint64_t count = 0;
  const std::uint8_t* entries = nullptr;  // count x (key u32, mask u32, code), by key

  std::uint32_t key(std::uint64_t entry) const noexcept;
  std::uint32_t mask(std::uint64_t entry) const noexcept;
  Code code(std::uint64_t entry) const noexcept;
};

/// Bits of a mask at most: 64 keys to look up for an entry. Beyond, little more is marked (measured: docs/patches.md).
inline constexpr std::uint32_t kMaskBits = 6;

/// Reads and checks; whatever the bytes are, nothing is read beyond them. The errors are a record's.
RecordError read_stops(std::span<const std::uint8_t> bytes, StopTable& table) noexcept;

/// Looks through the features of a bank's indexes for stop features, key by key from `first_key` on (0 to begin with),
/// for about `units` of 2 ns, and appends to `entries`: of features that are alike one stands for all. Returns the key
/// to go on with, `kStopKeys` at the end. Of a key that more than `kMostAlike` features have, the first ones are looked
/// at. All indexes must have codes of the same length, else `IndexError::kind`.
inline constexpr std::uint32_t kStopKeys = 1u << kKeyBits, kMostAlike = 4096;
struct StopProgress {
  IndexError error;
  std::uint32_t next_key;
};
StopProgress collect_stops(std::span<const PatchSegment> segments, std::uint32_t first_key, std::uint64_t units,
                           std::vector<std::uint8_t>& entries);
/// The table of those entries, or of several tables', in any order.
std::vector<std::uint8_t> write_stops(std::span<const std::uint8_t> entries, std::uint32_t code_bytes);

/// Marks an index that is finished, instead of whatever marks it had: each feature with a key of an entry of the
/// table and a code within `stop_distance` of its. An image of which more than three quarters would be marked is a
/// copy of others rather than a picture that shows what they show, and keeps all its features: else what was enrolled
/// many times could not be found. Of different photographs under the same long caption, 0.58 to 0.66 are marked
/// (measured here); and by a quarter of its features a picture can still be found. Which features are marked depends on
/// their image and the table alone.
///
/// Works for about `units` of 2 ns; `state` of `kStopStateBytes` begins as zeros, and then the table is checked as
/// `read_stops` does: it must stay as it is until no units are left. Until then the index's checksum does not hold.
/// False for `ok` if the table is none or its codes have another length than the index's.
inline constexpr std::size_t kStopStateBytes = 160;
IndexProgress mark_stops(std::span<std::uint8_t> index, std::span<const std::uint8_t> table,
                         std::span<std::uint8_t> state, std::uint64_t units) noexcept;

}  // namespace egide
