#include "core/kernels/codes_kernels.hpp"

#include "core/kernels/cpu.hpp"

namespace egide::kernels {

std::span<const CodesKernel> codes_kernels() noexcept {
  static constexpr CodesKernel kernels[] = {
#if defined(__x86_64__)
      {"avx2", cpu::has_avx2, codes_avx2},
#endif
      {"scalar", cpu::always, codes_scalar},
  };
  return kernels;
}

}  // namespace egide::kernels
