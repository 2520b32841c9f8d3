#include "core/kernels/pdq_kernels.hpp"

namespace egide::kernels {

std::span<const PdqKernel> pdq_kernels() noexcept {
  static const PdqKernel kernels[] = {
#if defined(__x86_64__)
      pdq_avx512,
      pdq_avx2,
#elif defined(__aarch64__)
      pdq_neon,
#elif defined(__wasm_simd128__)
      pdq_simd128,
#endif
      pdq_scalar,
  };
  return kernels;
}

}  // namespace egide::kernels
