#include "core/patch/nearest.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/index/little_endian.hpp"
#include "core/kernels/choose.hpp"
#include "core/kernels/codes_kernels.hpp"
#include "core/patch/code.hpp"

namespace egide {
namespace nearest_codes {
namespace {

// Codes that are looked at in one call, so that their numbers have a place on the stack.
constexpr std::size_t kBlock = 256;

const std::uint8_t* bytes_of(const Code* codes) noexcept { return reinterpret_cast<const std::uint8_t*>(codes); }

std::size_t run_kernel(const Code& asked, const std::uint8_t* codes, std::size_t count, std::uint64_t mask,
                       std::uint32_t radius, std::uint32_t* near) noexcept {
  static const kernels::CodesKernel& kernel = kernels::kernel_named(kernels::codes_kernels());
  return kernel.run(bytes_of(&asked), codes, count, mask, radius, near);
}

// Calls `found(number)` for the codes within the radius, in their order, until it returns false.
template <typename Found>
void each_near(const Code& asked, std::span<const Code> codes, std::uint32_t radius, bool narrow, const Found& found) {
  const std::uint64_t mask = narrow ? 0 : ~std::uint64_t{0};
  std::uint32_t numbers[kBlock];
  for (std::size_t begin = 0; begin < codes.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, codes.size() - begin);
    const std::size_t near = run_kernel(asked, bytes_of(codes.data() + begin), count, mask, radius, numbers);
    for (std::size_t i = 0; i < near; ++i)
      if (!found(static_cast<std::uint32_t>(begin) + numbers[i])) return;
  }
}

}  // namespace
}  // namespace nearest_codes

std::size_t codes_within(const Code& asked, const std::uint8_t* codes, std::uint32_t width, std::size_t count,
                         std::uint32_t radius, std::uint32_t* near) noexcept {
  if (width == 16) return nearest_codes::run_kernel(asked, codes, count, ~std::uint64_t{0}, radius, near);
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (static_cast<std::uint32_t>(std::popcount(asked.words[0] ^ read_u64(codes + 8 * i))) <= radius)
      near[found++] = static_cast<std::uint32_t>(i);
  return found;
}

std::size_t two_nearest(const Code& asked, std::span<const Code> codes, std::uint32_t radius, bool narrow,
                        NearCode (&nearest)[2]) noexcept {
  std::size_t count = 0;
  nearest_codes::each_near(asked, codes, radius, narrow, [&](std::uint32_t code) {
    const NearCode near = {code, code_distance(asked, codes[code], narrow)};
    if (count < 2)
      nearest[count++] = near;
    else if (near.distance < nearest[1].distance)
      nearest[1] = near;
    if (count == 2 && nearest[1].distance < nearest[0].distance) std::swap(nearest[0], nearest[1]);
    return true;
  });
  return count;
}

bool resembles_elsewhere(const Code& asked, const Place& place, std::span<const Code> codes,
                         std::span<const Place> places, std::uint32_t limit, float apart, bool narrow) noexcept {
  bool is = false;
  if (limit == 0) return is;
  nearest_codes::each_near(asked, codes, limit - 1, narrow, [&](std::uint32_t code) {
    const float dx = places[code].x - place.x, dy = places[code].y - place.y;
    is = dx * dx + dy * dy > apart * apart;
    return !is;
  });
  return is;
}

}  // namespace egide
