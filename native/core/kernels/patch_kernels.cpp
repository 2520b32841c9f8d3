#include "core/kernels/patch_kernels.hpp"

namespace egide::kernels {

std::span<const PatchKernel> patch_kernels() noexcept {
  static const PatchKernel kernels[] = {patch_scalar};
  return kernels;
}

}  // namespace egide::kernels
