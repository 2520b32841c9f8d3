#include "core/kernels/near_kernels.hpp"

#include "core/kernels/cpu.hpp"

namespace egide::kernels {

std::span<const NearKernel> near_kernels() noexcept {
  static constexpr NearKernel kernels[] = {
#if defined(__x86_64__)
      {"avx512", cpu::has_avx512_popcnt, near_avx512},
      {"avx2", cpu::has_avx2, near_avx2},
#elif defined(__aarch64__)
      {"neon", cpu::always, near_neon},
#elif defined(__wasm_simd128__)
      {"simd128", cpu::always, near_simd128},
#endif
      {"scalar", cpu::always, near_scalar},
  };
  return kernels;
}

}  // namespace egide::kernels
