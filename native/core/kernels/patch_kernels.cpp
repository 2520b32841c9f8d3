#include "core/kernels/patch_kernels.hpp"

namespace egide::kernels {

std::span<const PatchKernel> patch_kernels() noexcept {
  static const PatchKernel kernels[] = {
#if defined(__x86_64__)
      patch_avx2,
#elif defined(__aarch64__)
      patch_neon,
#elif defined(__wasm_simd128__)
      patch_simd128,
#endif
      patch_scalar,
  };
  return kernels;
}

}  // namespace egide::kernels
