// What the exports ask of the runtime.
#pragma once

namespace egide::wasm {

/// What an earlier call made together with this object is from now on the present call's: if that does not return, it
/// is released with all else that the call made.
void take_over(const void* object) noexcept;

}  // namespace egide::wasm
