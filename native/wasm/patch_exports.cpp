// Patches as flat C functions (see exports.cpp). Objects live between the calls and are released by name.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "core/patch/compare.hpp"
#include "core/patch/extract.hpp"
#include "core/patch/patches_format.hpp"
#include "core/patch/record.hpp"
#include "wasm/export.hpp"
#include "wasm/runtime.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

const egide::kernels::PatchKernel& patch_kernel(std::uint32_t index) noexcept {
  const auto kernels = egide::kernels::patch_kernels();
  return kernels[index < kernels.size() ? index : kernels.size() - 1];
}

Bytes* bytes_of(const std::vector<double>& numbers) {
  auto* bytes = new Bytes(numbers.size() * sizeof(double));
  if (!numbers.empty()) std::memcpy(bytes->data(), numbers.data(), bytes->size());
  return bytes;
}

}  // namespace

/// Begins a working picture of an upright picture; 0 if its size is out of range.
EGIDE_EXPORT(patch_begin)
egide::WorkingPicture* egide_patch_begin(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                                         std::uint32_t long_side, double stretch_x, double stretch_y,
                                         std::uint32_t kernel) {
  const egide::WorkingSize size = egide::working_size(width * stretch_x, height * stretch_y, long_side);
  if (size.width > egide::kMaxWorkingSide || size.height > egide::kMaxWorkingSide) return nullptr;
  return new egide::WorkingPicture(width, height, channels, size, patch_kernel(kernel));
}

EGIDE_EXPORT(patch_rows)
void egide_patch_rows(egide::WorkingPicture* working, const std::uint8_t* pixels, std::uint32_t count) {
  working->rows(pixels, count);
}

/// Ends a working picture, `wanted` or not, whether this returns or not.
EGIDE_EXPORT(patch_finish)
Bytes* egide_patch_finish(egide::WorkingPicture* working, std::uint32_t wanted, std::uint32_t source_width,
                          std::uint32_t source_height, std::uint32_t max_features, std::uint32_t kernel) {
  Bytes* bytes = nullptr;
  egide::wasm::take_over(working);
  if (wanted != 0) {
    const std::uint32_t most = max_features < egide::kMaxPatches ? max_features : egide::kMaxPatches;
    bytes = new Bytes(
        write_patches(egide::extract(std::move(*working), source_width, source_height, most, patch_kernel(kernel))));
  }
  delete working;
  return bytes;
}

/// 0 if the bytes are no patches.
EGIDE_EXPORT(patch_record)
Bytes* egide_patch_record(const std::uint8_t* patches, std::uint32_t length, std::uint32_t max_features,
                          std::uint32_t code_bytes, std::uint32_t with_grid) {
  egide::Patches read;
  if (!egide::read_patches({patches, length}, read)) return nullptr;
  const std::uint32_t most = max_features < egide::kMaxPatches ? max_features : egide::kMaxPatches;
  return new Bytes(egide::write_record(read, most, code_bytes == 8 ? 8 : 16, with_grid != 0));
}

/// An egide::RecordError; if it is ok, seven numbers: bytes of a code, features, columns and rows of the grid, width,
/// height, stop features.
EGIDE_EXPORT(patch_record_open)
std::uint32_t egide_patch_record_open(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t* facts) {
  egide::Record record;
  const egide::RecordError error = egide::read_record({bytes, length}, record);
  if (error != egide::RecordError::ok) return static_cast<std::uint32_t>(error);
  const egide::RecordShape& shape = record.shape;
  const std::uint32_t numbers[] = {
      shape.code_bytes, shape.feature_count, shape.grid_columns, shape.grid_rows, shape.width, shape.height, 0};
  std::memcpy(facts, numbers, sizeof numbers);
  for (std::uint32_t i = 0; i < shape.feature_count; ++i) facts[6] += record.stop(i) ? 1 : 0;
  return 0;
}

/// The numbers of an answer, 8 bytes each; 0 if the bytes are no patches.
EGIDE_EXPORT(patch_match)
Bytes* egide_patch_match(const std::uint8_t* patches, std::uint32_t length, const std::uint8_t* record,
                         std::uint32_t record_length, std::uint32_t variants, double images) {
  egide::Patches read;
  if (!egide::read_patches({patches, length}, read)) return nullptr;
  std::vector<double> numbers;
  egide::compare(read, {record, record_length}, variants, images, numbers);
  return bytes_of(numbers);
}

EGIDE_EXPORT(bytes_start) const std::uint8_t* egide_bytes_start(const Bytes* bytes) { return bytes->data(); }
EGIDE_EXPORT(bytes_length) std::uint32_t egide_bytes_length(const Bytes* bytes) {
  return static_cast<std::uint32_t>(bytes->size());
}
EGIDE_EXPORT(bytes_release) void egide_bytes_release(Bytes* bytes) { delete bytes; }
