// Filtering the entries of an index's buckets by their 16-bit tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide::kernels {

/// Consecutive tags, and how many bits each may differ from the query's.
struct TagRun {
  std::uint32_t begin, end, limit;
};

/// Tags that one aligned block of the widest kernel holds. A tag array is 64-byte aligned and a multiple of this long.
inline constexpr std::size_t kTagBlock = 32;

/// Writes the index of every tag in the runs within its run's limit of `query_tag`, in order; returns how many.
/// `found` has room for all tags of the runs. Reads only the aligned blocks of 64 bytes that the runs touch.
using TagsFn = std::size_t (*)(const TagRun* runs, std::size_t run_count, const std::uint16_t* tags,
                               std::uint16_t query_tag, std::uint32_t* found) noexcept;

struct TagsKernel {
  const char* name;
  bool (*available)() noexcept;
  TagsFn run;
};

/// Every kernel of this build, fastest first; the last is scalar.
std::span<const TagsKernel> tags_kernels() noexcept;

std::size_t tags_scalar(const TagRun*, std::size_t, const std::uint16_t*, std::uint16_t, std::uint32_t*) noexcept;
#if defined(__x86_64__)
std::size_t tags_avx512(const TagRun*, std::size_t, const std::uint16_t*, std::uint16_t, std::uint32_t*) noexcept;
std::size_t tags_avx2(const TagRun*, std::size_t, const std::uint16_t*, std::uint16_t, std::uint32_t*) noexcept;
#elif defined(__aarch64__)
std::size_t tags_neon(const TagRun*, std::size_t, const std::uint16_t*, std::uint16_t, std::uint32_t*) noexcept;
#elif defined(__wasm_simd128__)
std::size_t tags_simd128(const TagRun*, std::size_t, const std::uint16_t*, std::uint16_t, std::uint32_t*) noexcept;
#endif

}  // namespace egide::kernels
