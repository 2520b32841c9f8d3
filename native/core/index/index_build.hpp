// Building an index into a flat buffer, in steps as short as the caller likes. Every step is a plain call on two areas
// of bytes: the index itself, and a scratch area that keeps the state between the calls.
#pragma once

#include <cstdint>
#include <span>

#include "core/index/index_format.hpp"

namespace egide {

/// The bytes that the index will be, and those that building it needs besides; both 64-byte aligned.
struct IndexWork {
  std::span<std::uint8_t> index, scratch;
};

/// What the part of a build that is particular to a kind of index works on: `scratch` is what lies behind the state.
struct IndexTarget {
  IndexShape shape;
  IndexLayout layout;
  std::uint8_t* bytes;
  std::uint8_t* scratch;
};

/// Length of the scratch area.
std::uint64_t index_scratch_bytes(const IndexShape& shape) noexcept;

/// Begins a build. `index` is `layout_of(shape).total` bytes long and `shape` valid. False if either area is too short.
bool index_build_begin(const IndexWork& work, const IndexShape& shape) noexcept;

/// Adds whole rows, with an id for each if the shape has ids; digests may come without, and then get their positions as
/// ids. The rows of patches are records, with an id for each image. False if there are more rows than the shape says,
/// the number of ids does not fit, or a record is none or another kind of codes; nothing is added then.
bool index_build_add(const IndexWork& work, std::span<const std::uint8_t> rows,
                     std::span<const std::uint32_t> ids) noexcept;

/// Works on for about as long as `units` rows take to move (about 2 ns each); once all rows are there. Returns the
/// units that are left, 0 when the index is finished and its header written. False for `ok` if rows are missing.
struct IndexProgress {
  bool ok;
  std::uint64_t left;
};
IndexProgress index_build_step(const IndexWork& work, std::uint64_t units) noexcept;

/// Sums the content up, `bytes` at a time, as a check: `state` of `kIndexCheckBytes` begins as zeros. Returns `ok` with
/// what is left (0: the checksum holds), or `content`.
inline constexpr std::size_t kIndexCheckBytes = 128;
struct IndexCheck {
  IndexError error;
  std::uint64_t left;
};
IndexCheck index_check_step(const Index& index, std::span<std::uint8_t> state, std::uint64_t bytes) noexcept;

}  // namespace egide
