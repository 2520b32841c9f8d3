#include "core/kernels/hamming_kernels.hpp"

#include "core/kernels/cpu.hpp"

namespace egide::kernels {

std::span<const HammingKernel> hamming_kernels() noexcept {
  static constexpr HammingKernel kernels[] = {
#if defined(__x86_64__)
      {"avx512", cpu::has_avx512_popcnt, hamming_avx512},
      {"avx2", cpu::has_avx2, hamming_avx2},
#elif defined(__aarch64__)
      {"neon", cpu::always, hamming_neon},
#elif defined(__wasm_simd128__)
      {"simd128", cpu::always, hamming_simd128},
#endif
      {"scalar", cpu::always, hamming_scalar},
  };
  return kernels;
}

}  // namespace egide::kernels
