// Asking for memory before it is needed.
#pragma once

#include <cstdint>

namespace egide::kernels {

/// Brings the cache line of a readable address near. WebAssembly has no such instruction: there a byte is read, which a
/// processor that runs ahead of its program does not wait for.
inline void prefetch(const void* address) noexcept {
#if defined(__wasm__)
  (void)*static_cast<const volatile std::uint8_t*>(address);
#else
  __builtin_prefetch(address);
#endif
}

}  // namespace egide::kernels
