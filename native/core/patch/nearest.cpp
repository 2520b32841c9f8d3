#include "core/patch/nearest.hpp"

#include <utility>

namespace egide {
namespace nearest_codes {
namespace {

// Warren, "Hacker's Delight", figure 5-2. Compilers for machines with an instruction for it use that; GCC's builtin for
// those without is a call.
inline std::uint32_t bits_of(std::uint64_t word) noexcept {
  word -= word >> 1 & 0x5555555555555555U;
  word = (word & 0x3333333333333333U) + (word >> 2 & 0x3333333333333333U);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fU;
  return static_cast<std::uint32_t>(word * 0x0101010101010101U >> 56);
}

// Calls `found(number, distance)` for the codes within what `radius()` is at that time, in their order. A bit that
// differs in either word tells of a distance no less, in half the work, and nearly every code is too far already by
// that.
template <bool kNarrow, typename Radius, typename Found>
inline void each_near(const Code& asked, std::span<const Code> codes, const Radius& radius, const Found& found) {
  for (std::uint32_t i = 0; i < codes.size(); ++i) {
    const std::uint64_t low = asked.words[0] ^ codes[i].words[0];
    if constexpr (kNarrow) {
      if (const std::uint32_t distance = bits_of(low); distance <= radius()) found(i, distance);
    } else {
      const std::uint64_t high = asked.words[1] ^ codes[i].words[1];
      if (bits_of(low | high) > radius()) continue;
      if (const std::uint32_t distance = bits_of(low) + bits_of(high); distance <= radius()) found(i, distance);
    }
  }
}

template <bool kNarrow>
std::size_t two(const Code& asked, std::span<const Code> codes, std::uint32_t radius, NearCode (&nearest)[2]) noexcept {
  std::size_t count = 0;
  each_near<kNarrow>(
      asked, codes, [&] { return radius; },
      [&](std::uint32_t code, std::uint32_t distance) {
        if (count < 2)
          nearest[count++] = {code, distance};
        else if (distance < nearest[1].distance)
          nearest[1] = {code, distance};
        if (count == 2 && nearest[1].distance < nearest[0].distance) std::swap(nearest[0], nearest[1]);
        if (count == 2) radius = nearest[1].distance;
      });
  return count;
}

template <bool kNarrow>
bool elsewhere(const Code& asked, const Place& place, std::span<const Code> codes, std::span<const Place> places,
               std::uint32_t limit, float apart) noexcept {
  bool is = false;
  each_near<kNarrow>(
      asked, codes, [&] { return limit - 1; },
      [&](std::uint32_t code, std::uint32_t) {
        const float dx = places[code].x - place.x, dy = places[code].y - place.y;
        is = is || dx * dx + dy * dy > apart * apart;
      });
  return is;
}

}  // namespace
}  // namespace nearest_codes

std::size_t two_nearest(const Code& asked, std::span<const Code> codes, std::uint32_t radius, bool narrow,
                        NearCode (&nearest)[2]) noexcept {
  using namespace nearest_codes;
  return narrow ? two<true>(asked, codes, radius, nearest) : two<false>(asked, codes, radius, nearest);
}

bool resembles_elsewhere(const Code& asked, const Place& place, std::span<const Code> codes,
                         std::span<const Place> places, std::uint32_t limit, float apart, bool narrow) noexcept {
  using namespace nearest_codes;
  return narrow ? elsewhere<true>(asked, place, codes, places, limit, apart)
                : elsewhere<false>(asked, place, codes, places, limit, apart);
}

}  // namespace egide
