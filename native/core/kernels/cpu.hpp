// What the processor can run. No compiler builtin: `__builtin_cpu_supports` does not link with every toolchain.
#pragma once

namespace egide::kernels::cpu {

bool always() noexcept;
/// AVX2 and FMA (Haswell and Zen onwards have both).
bool has_avx2() noexcept;
/// AVX-512 F, BW, DQ, VL and VBMI (byte permutes): Ice Lake and Zen 4 onwards.
bool has_avx512() noexcept;
/// The above, VPOPCNTDQ and BITALG (population counts of 64-bit and of 16-bit words).
bool has_avx512_popcnt() noexcept;

}  // namespace egide::kernels::cpu
