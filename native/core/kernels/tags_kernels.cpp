#include "core/kernels/tags_kernels.hpp"

#include "core/kernels/cpu.hpp"

namespace egide::kernels {

std::span<const TagsKernel> tags_kernels() noexcept {
  static constexpr TagsKernel kernels[] = {
#if defined(__x86_64__)
      {"avx512", cpu::has_avx512_popcnt, tags_avx512},
#endif
      {"scalar", cpu::always, tags_scalar},
  };
  return kernels;
}

}  // namespace egide::kernels
