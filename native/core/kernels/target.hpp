// EGIDE_TARGET_BEGIN(isa) … EGIDE_TARGET_END: the functions between them may use that instruction set, and nothing else
// in the file may. Include every header before BEGIN, so that no inlined library code is compiled for it.
#pragma once

#define EGIDE_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define EGIDE_TARGET_BEGIN(isa) EGIDE_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define EGIDE_TARGET_END EGIDE_PRAGMA(clang attribute pop)
#else
#define EGIDE_TARGET_BEGIN(isa) EGIDE_PRAGMA(GCC push_options) EGIDE_PRAGMA(GCC target(isa))
#define EGIDE_TARGET_END EGIDE_PRAGMA(GCC pop_options)
#endif

#define EGIDE_INLINE static inline __attribute__((always_inline))
