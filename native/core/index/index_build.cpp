#include "core/index/index_build.hpp"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <new>

#include "core/digest/digest_build.hpp"
#include "core/hamming/pdq_build.hpp"
#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/patch_build.hpp"

namespace egide {
namespace {

/// What a build keeps between steps, at the start of its scratch area.
struct BuildState {
  IndexShape shape;
  std::uint64_t added = 0, summed = 0;
  Checksum directory, content;
  PdqBuild pdq;
  DigestBuild digest;
  PatchBuild patch;
};

constexpr std::uint64_t kStateBytes = (sizeof(BuildState) + kIndexAlignment - 1) / kIndexAlignment * kIndexAlignment;
// Bytes that are summed up in the time that one row takes to move.
constexpr std::uint64_t kBytesPerUnit = 8;

BuildState& state_of(const IndexWork& work) noexcept {
  return *std::launder(reinterpret_cast<BuildState*>(work.scratch.data()));
}

IndexTarget target_of(const IndexWork& work, const BuildState& state) noexcept {
  return {state.shape, layout_of(state.shape), work.index.data(), work.scratch.data() + kStateBytes};
}

std::uint64_t body_bytes(const IndexTarget& target) noexcept { return target.layout.total - kIndexHeaderBytes; }

bool all_added(const BuildState& state, const IndexTarget& target) noexcept {
  return state.added == state.shape.count &&
         (state.shape.kind != IndexKind::patch || patch_build_complete(state.patch, target));
}

std::uint64_t sort_step(BuildState& state, const IndexTarget& target, std::uint64_t units) noexcept {
  switch (state.shape.kind) {
    case IndexKind::digest:
      return digest_build_step(state.digest, target, units);
    case IndexKind::patch:
      return patch_build_step(state.patch, target, units);
    default:
      return pdq_build_step(state.pdq, target, units);
  }
}

std::uint64_t sort_left(const BuildState& state, const IndexTarget& target) noexcept {
  switch (state.shape.kind) {
    case IndexKind::digest:
      return digest_build_left(state.digest, target);
    case IndexKind::patch:
      return patch_build_left(state.patch, target);
    default:
      return pdq_build_left(state.pdq, target);
  }
}

// Sums up the next bytes behind the header.
void sum_up(BuildState& state, const IndexTarget& target, std::uint64_t bytes) noexcept {
  const std::uint64_t from = kIndexHeaderBytes + state.summed;
  const std::uint64_t count = std::min(bytes, body_bytes(target) - state.summed);
  state.content.update({target.bytes + from, static_cast<std::size_t>(count)});
  const std::uint64_t directory_end = std::min(from + count, target.layout.rows);
  if (from < directory_end)
    state.directory.update({target.bytes + from, static_cast<std::size_t>(directory_end - from)});
  state.summed += count;
}

}  // namespace

std::uint64_t index_scratch_bytes(const IndexShape& shape) noexcept {
  switch (shape.kind) {
    case IndexKind::digest:
      return kStateBytes + digest_build_scratch_bytes(shape);
    case IndexKind::patch:
      return kStateBytes + patch_build_scratch_bytes(shape);
    default:
      return kStateBytes + pdq_build_scratch_bytes(shape);
  }
}

bool index_build_begin(const IndexWork& work, const IndexShape& shape) noexcept {
  if (!valid(shape) || work.index.size() != layout_of(shape).total || work.scratch.size() < index_scratch_bytes(shape))
    return false;
  auto* state = new (work.scratch.data()) BuildState;
  state->shape = shape;
  // Whatever pads the sections is zero, so that equal input makes equal bytes.
  const IndexLayout layout = layout_of(shape);
  for (const std::uint64_t end : {layout.rows, layout.ids, layout.tags, layout.positions, layout.entries, layout.places,
                                  layout.stops, layout.images, layout.owners, layout.grids, layout.total})
    std::fill_n(work.index.data() + (end - kIndexAlignment), kIndexAlignment, std::uint8_t{0});
  std::fill_n(work.index.data(), kIndexHeaderBytes, std::uint8_t{0});
  return true;
}

bool index_build_add(const IndexWork& work, std::span<const std::uint8_t> rows,
                     std::span<const std::uint32_t> ids) noexcept {
  BuildState& state = state_of(work);
  if (state.shape.kind == IndexKind::patch)
    return patch_build_add(state.patch, target_of(work, state), rows, ids, state.added);
  const std::uint64_t count = rows.size() / state.shape.width;
  if (rows.size() % state.shape.width != 0 || count > state.shape.count - state.added) return false;
  const bool digests = state.shape.kind == IndexKind::digest, positions = digests && ids.empty();
  if (!positions && ids.size() != (state.shape.ids ? count : 0)) return false;
  const IndexTarget target = target_of(work, state);
  if (digests) {
    digest_build_add(state.digest, target, rows, ids, state.added);
  } else {
    if (!ids.empty()) std::memcpy(target.bytes + target.layout.ids + 4 * state.added, ids.data(), ids.size_bytes());
    pdq_build_add(state.pdq, target, rows, state.added);
  }
  state.added += count;
  return true;
}

IndexProgress index_build_step(const IndexWork& work, std::uint64_t units) noexcept {
  BuildState& state = state_of(work);
  const IndexTarget target = target_of(work, state);
  if (!all_added(state, target)) return {false, 0};
  const std::uint64_t used = sort_step(state, target, units);
  if (used < units) sum_up(state, target, std::min(units - used, body_bytes(target)) * kBytesPerUnit);
  const std::uint64_t unsorted = sort_left(state, target), unsummed = body_bytes(target) - state.summed;
  if (unsummed == 0) write_header(work.index, state.shape, {state.directory.value(), state.content.value()});
  return {true, unsorted + (unsummed + kBytesPerUnit - 1) / kBytesPerUnit};
}

IndexCheck index_check_step(const Index& index, std::span<std::uint8_t> state, std::uint64_t bytes) noexcept {
  struct CheckState {
    std::uint64_t summed;
    bool begun;
    Checksum content;
  };
  static_assert(sizeof(CheckState) <= kIndexCheckBytes);
  CheckState check{};
  std::memcpy(static_cast<void*>(&check), state.data(), sizeof check);
  if (!check.begun) check = {0, true, Checksum()};
  const std::uint64_t body = index.layout.total - kIndexHeaderBytes;
  const std::uint64_t count = std::min(bytes, body - std::min(body, check.summed));
  check.content.update({index.bytes + kIndexHeaderBytes + check.summed, static_cast<std::size_t>(count)});
  check.summed += count;
  std::memcpy(state.data(), static_cast<const void*>(&check), sizeof check);
  if (check.summed < body) return {IndexError::ok, body - check.summed};
  const IndexSums sums = sums_of({index.bytes, kIndexHeaderBytes});
  return {check.content.value() == sums.content ? IndexError::ok : IndexError::content, 0};
}

}  // namespace egide
