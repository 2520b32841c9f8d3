#include <bit>

#include "core/kernels/tags_kernels.hpp"

namespace egide::kernels {

std::size_t tags_scalar(const TagRun* runs, std::size_t run_count, const std::uint16_t* tags, std::uint16_t query_tag,
                        std::uint32_t* found) noexcept {
  std::size_t count = 0;
  for (std::size_t r = 0; r < run_count; ++r)
    for (std::uint32_t i = runs[r].begin; i < runs[r].end; ++i)
      if (static_cast<std::uint32_t>(std::popcount(static_cast<std::uint32_t>(tags[i] ^ query_tag))) <= runs[r].limit)
        found[count++] = i;
  return count;
}

}  // namespace egide::kernels
