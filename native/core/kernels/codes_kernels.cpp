#include "core/kernels/codes_kernels.hpp"

#include "core/kernels/cpu.hpp"

namespace egide::kernels {

std::span<const CodesKernel> codes_kernels() noexcept {
  static constexpr CodesKernel kernels[] = {
#if defined(__x86_64__)
      {"avx512", cpu::has_avx512_popcnt, codes_avx512},
      {"avx2", cpu::has_avx2, codes_avx2},
#elif defined(__aarch64__)
      {"neon", cpu::always, codes_neon},
#endif
      {"scalar", cpu::always, codes_scalar},
  };
  return kernels;
}

}  // namespace egide::kernels
