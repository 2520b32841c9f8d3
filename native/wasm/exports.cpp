// The core as flat C functions: numbers and pointers in, numbers out. There is no glue: the TypeScript side is
// src/backend/wasm.ts. Sizes are checked here again only as far as memory safety needs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/hamming/scan.hpp"
#include "core/image/borders.hpp"
#include "core/image/upright.hpp"
#include "core/pdq/pdq.hpp"
#include "wasm/export.hpp"

namespace {

constexpr std::size_t kAlignment = 64;

const egide::kernels::PdqKernel& pdq_kernel(std::uint32_t index) noexcept {
  const auto kernels = egide::kernels::pdq_kernels();
  return kernels[index < kernels.size() ? index : kernels.size() - 1];
}

egide::PdqPicture picture_of(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                             std::uint32_t mode) noexcept {
  return {width, height, channels, mode == 0 ? egide::PdqMode::full_res : egide::PdqMode::reference_cpp};
}

// The hasher stands at the start of the scratch area that it uses.
constexpr std::size_t kHasherBytes = (sizeof(egide::PdqHasher) + kAlignment - 1) / kAlignment * kAlignment;

static_assert(sizeof(egide::PictureBox) == 4 * sizeof(std::uint32_t));

}  // namespace

EGIDE_EXPORT(kernel_count) std::uint32_t egide_kernel_count() {
  return static_cast<std::uint32_t>(egide::kernels::pdq_kernels().size());
}

/// A text that ends with a zero byte.
EGIDE_EXPORT(kernel_name) const char* egide_kernel_name(std::uint32_t index) { return pdq_kernel(index).name; }

/// 64-byte aligned memory, or 0 if there is none.
EGIDE_EXPORT(allocate) void* egide_allocate(std::uint32_t bytes) {
  const std::size_t rounded = (std::size_t{bytes} + kAlignment - 1) / kAlignment * kAlignment;
  return rounded < bytes ? nullptr : std::aligned_alloc(kAlignment, rounded == 0 ? kAlignment : rounded);
}

EGIDE_EXPORT(release) void egide_release(void* memory) { std::free(memory); }

/// Bytes that `pdq_begin` wants, or 0 if the picture is out of range or needs more than 32 bits can say.
EGIDE_EXPORT(pdq_scratch_bytes)
std::uint32_t egide_pdq_scratch_bytes(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                                      std::uint32_t mode, std::uint32_t kernel) {
  const egide::PdqPicture picture = picture_of(width, height, channels, mode);
  if (!egide::valid(picture)) return 0;
  const std::uint64_t bytes = kHasherBytes + egide::PdqHasher::scratch_bytes(picture, pdq_kernel(kernel));
  return bytes > UINT32_MAX ? 0 : static_cast<std::uint32_t>(bytes);
}

EGIDE_EXPORT(pdq_begin)
void egide_pdq_begin(std::byte* scratch, std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                     std::uint32_t mode, std::uint32_t kernel) {
  new (scratch) egide::PdqHasher(picture_of(width, height, channels, mode), pdq_kernel(kernel), scratch + kHasherBytes);
}

EGIDE_EXPORT(pdq_rows) void egide_pdq_rows(std::byte* scratch, const std::uint8_t* pixels, std::uint32_t count) {
  reinterpret_cast<egide::PdqHasher*>(scratch)->rows(pixels, count);
}

/// Writes eight hashes of 32 bytes and, behind them, the eight of the turned picture; returns the quality.
EGIDE_EXPORT(pdq_finish) std::uint32_t egide_pdq_finish(std::byte* scratch, std::uint8_t* hashes) {
  const egide::PdqResult result = reinterpret_cast<egide::PdqHasher*>(scratch)->finish();
  std::memcpy(hashes, result.orientations.data(), result.orientations.size());
  std::memcpy(hashes + result.orientations.size(), result.turned.data(), result.turned.size());
  return result.quality;
}

EGIDE_EXPORT(upright)
void egide_upright(const std::uint8_t* from, std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                   std::uint32_t orientation, std::uint8_t* to) {
  const egide::StoredPicture stored{from, width, height, channels, orientation};
  egide::upright_rows(stored, 0, stored.seen_height(), to);
}

/// Bytes that `trim_begin` wants: the finder, and the samples behind it.
EGIDE_EXPORT(trim_scratch_bytes)
std::uint32_t egide_trim_scratch_bytes(std::uint32_t width, std::uint32_t height) {
  return static_cast<std::uint32_t>(sizeof(egide::BorderFinder) + egide::BorderFinder::luma_bytes(width, height));
}

EGIDE_EXPORT(trim_begin)
void egide_trim_begin(std::uint8_t* scratch, std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  new (scratch) egide::BorderFinder(width, height, channels, scratch + sizeof(egide::BorderFinder));
}

/// The row that is to come next, or `none` if that was the last.
EGIDE_EXPORT(trim_wanted_row)
std::uint32_t egide_trim_wanted_row(const egide::BorderFinder* finder, std::uint32_t none) {
  return finder->wants_row() ? finder->wanted_row() : none;
}

EGIDE_EXPORT(trim_row) void egide_trim_row(egide::BorderFinder* finder, const std::uint8_t* pixels) {
  finder->row(pixels);
}

/// Writes left, top, width and height of each of three parts at most; returns how many.
EGIDE_EXPORT(trim_finish)
std::uint32_t egide_trim_finish(const egide::BorderFinder* finder, egide::PictureBox* inner) {
  return finder->finish(std::span<egide::PictureBox, egide::kFrames>(inner, egide::kFrames));
}

/// Hits are triples of 32-bit numbers: query, position, distance.
EGIDE_EXPORT(hamming_scan)
std::uint32_t egide_hamming_scan(const std::uint8_t* queries, std::uint32_t query_count, const std::uint8_t* hashes,
                                 std::uint32_t hash_count, std::uint32_t max_distance, egide::HammingHit* hits,
                                 std::uint32_t capacity, std::uint32_t kernel) {
  const auto kernels = egide::kernels::near_kernels();
  const std::uint64_t found = egide::hamming_scan(
      {queries, std::size_t{query_count} * 32}, {hashes, std::size_t{hash_count} * 32}, max_distance, {hits, capacity},
      kernels[kernel < kernels.size() ? kernel : kernels.size() - 1]);
  return found > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(found);
}
