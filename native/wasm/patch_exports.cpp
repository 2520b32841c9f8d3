// Patches as flat C functions (see exports.cpp). Objects live between the calls and are released by name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/patch/extract.hpp"
#include "core/patch/patches_format.hpp"
#include "core/patch/pyramid.hpp"
#include "wasm/export.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

const egide::kernels::PatchKernel& patch_kernel(std::uint32_t index) noexcept {
  const auto kernels = egide::kernels::patch_kernels();
  return kernels[index < kernels.size() ? index : kernels.size() - 1];
}

// Whether that much could be had at once: what is then allocated bit by bit fits too.
bool fits(std::uint64_t bytes) noexcept {
  if (bytes > UINT32_MAX) return false;
  void* memory = std::malloc(static_cast<std::size_t>(bytes));
  std::free(memory);
  return memory != nullptr;
}

// Luma, all octaves (4/3 of the first), and a quarter more for keypoints and what they become.
std::uint64_t extraction_bytes(egide::WorkingSize size) noexcept {
  const std::uint64_t picture = std::uint64_t{size.width} * size.height * sizeof(float);
  return (picture + picture * egide::kLevels * 4 / 3) * 5 / 4 + (1u << 20);
}

}  // namespace

/// Begins a working picture of an upright picture; 0 if there is no memory for what follows.
EGIDE_EXPORT(patch_begin)
egide::WorkingPicture* egide_patch_begin(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                                         std::uint32_t long_side, double stretch_x, double stretch_y,
                                         std::uint32_t kernel) {
  const egide::WorkingSize size = egide::working_size(width * stretch_x, height * stretch_y, long_side);
  if (size.width > egide::kMaxWorkingSide || size.height > egide::kMaxWorkingSide) return nullptr;
  if (!fits(extraction_bytes(size) + std::uint64_t{width} * 8 * sizeof(float))) return nullptr;
  return new egide::WorkingPicture(width, height, channels, size, patch_kernel(kernel));
}

EGIDE_EXPORT(patch_rows)
void egide_patch_rows(egide::WorkingPicture* working, const std::uint8_t* pixels, std::uint32_t count) {
  working->rows(pixels, count);
}

/// Ends a working picture, `wanted` or not.
EGIDE_EXPORT(patch_finish)
Bytes* egide_patch_finish(egide::WorkingPicture* working, std::uint32_t wanted, std::uint32_t source_width,
                          std::uint32_t source_height, std::uint32_t max_features, std::uint32_t kernel) {
  Bytes* bytes = nullptr;
  if (wanted != 0) {
    const std::uint32_t most = max_features < egide::kMaxPatches ? max_features : egide::kMaxPatches;
    bytes = new Bytes(
        write_patches(egide::extract(std::move(*working), source_width, source_height, most, patch_kernel(kernel))));
  }
  delete working;
  return bytes;
}

EGIDE_EXPORT(bytes_start) const std::uint8_t* egide_bytes_start(const Bytes* bytes) { return bytes->data(); }
EGIDE_EXPORT(bytes_length) std::uint32_t egide_bytes_length(const Bytes* bytes) {
  return static_cast<std::uint32_t>(bytes->size());
}
EGIDE_EXPORT(bytes_release) void egide_bytes_release(Bytes* bytes) { delete bytes; }
