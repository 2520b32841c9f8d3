#include "core/kernels/cpu.hpp"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace egide::kernels::cpu {

bool always() noexcept { return true; }

#if defined(__x86_64__)
namespace {

struct Features {
  bool avx2 = false, avx512 = false, avx512_popcnt = false;
};

// Bit numbers: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID; XCR0 in volume 1, 13.3.
Features detect() noexcept {
  Features found;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  const bool os_saves_vectors = (c >> 27 & 1) != 0, fma = (c >> 12 & 1) != 0;
  if (!os_saves_vectors || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  std::uint32_t xcr0_low = 0, xcr0_high = 0;
  __asm__("xgetbv" : "=a"(xcr0_low), "=d"(xcr0_high) : "c"(0));
  const bool ymm = (xcr0_low & 0x06) == 0x06, zmm = (xcr0_low & 0xe6) == 0xe6;
  found.avx2 = ymm && fma && (b >> 5 & 1) != 0;
  const bool f = (b >> 16 & 1) != 0, dq = (b >> 17 & 1) != 0, bw = (b >> 30 & 1) != 0, vl = (b >> 31 & 1) != 0;
  const bool vbmi = (c >> 1 & 1) != 0, bitalg = (c >> 12 & 1) != 0, vpopcntdq = (c >> 14 & 1) != 0;
  found.avx512 = found.avx2 && zmm && f && dq && bw && vl && vbmi;
  found.avx512_popcnt = found.avx512 && bitalg && vpopcntdq;
  return found;
}

const Features& features() noexcept {
  static const Features found = detect();
  return found;
}

}  // namespace

bool has_avx2() noexcept { return features().avx2; }
bool has_avx512() noexcept { return features().avx512; }
bool has_avx512_popcnt() noexcept { return features().avx512_popcnt; }
#endif

}  // namespace egide::kernels::cpu
