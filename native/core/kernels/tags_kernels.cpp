#include "core/kernels/tags_kernels.hpp"

#include "core/kernels/cpu.hpp"

namespace egide::kernels {

std::span<const TagsKernel> tags_kernels() noexcept {
  static constexpr TagsKernel kernels[] = {
#if defined(__x86_64__)
      {"avx512", cpu::has_avx512_popcnt, tags_avx512},
      {"avx2", cpu::has_avx2, tags_avx2},
#elif defined(__aarch64__)
      {"neon", cpu::always, tags_neon},
#elif defined(__wasm_simd128__)
      {"simd128", cpu::always, tags_simd128},
#endif
      {"scalar", cpu::always, tags_scalar},
  };
  return kernels;
}

}  // namespace egide::kernels
