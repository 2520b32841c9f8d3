#include "core/patch/patches_format.hpp"

#include <cmath>
#include <cstring>

#include "core/index/little_endian.hpp"
#include "core/patch/code.hpp"

namespace egide {
namespace {

constexpr std::uint32_t kPatchesMagic = 0x51504745;  // "EGPQ"
constexpr std::uint32_t kPatchesVersion = 1;
constexpr std::size_t kPlaceBytes = 16;
// Beyond these no keypoint lies: a picture's diagonal, and some turns.
constexpr float kFarthest = 1e5f, kWidest = 1e4f, kMostTurned = 1e3f;

// Magic, version, tables, width, height, width and height of the source, count.
struct PatchesHeader {
  std::uint32_t magic, version, tables, width, height, source_width, source_height, count;
};
static_assert(sizeof(PatchesHeader) == kPatchesHeaderBytes);

std::size_t length_of(const PatchesHeader& header) noexcept {
  return kPatchesHeaderBytes + std::size_t{header.count} * (kPlaceBytes + kHistogramBytes) +
         std::size_t{header.width} * header.height;
}

bool sane(const Place& place) noexcept {
  return std::fabs(place.x) < kFarthest && std::fabs(place.y) < kFarthest && place.sigma > 0 && place.sigma < kWidest &&
         std::fabs(place.angle) < kMostTurned;  // each false for a NaN
}

bool sane(const PatchesHeader& header) noexcept {
  const auto in_range = [](std::uint32_t value, std::uint32_t most) { return value >= 1 && value <= most; };
  return header.magic == kPatchesMagic && header.version == kPatchesVersion &&
         header.tables == patch_tables_version() && in_range(header.width, kMaxWorkingSide) &&
         in_range(header.height, kMaxWorkingSide) && in_range(header.source_width, UINT16_MAX) &&
         in_range(header.source_height, UINT16_MAX) && header.count <= kMaxPatches;
}

}  // namespace

std::vector<std::uint8_t> write_patches(const Patches& patches) {
  const auto count = static_cast<std::uint32_t>(patches.places.size());
  const PatchesHeader header{kPatchesMagic,  kPatchesVersion,      patch_tables_version(), patches.width,
                             patches.height, patches.source_width, patches.source_height,  count};
  std::vector<std::uint8_t> bytes(length_of(header));
  std::uint8_t* at = bytes.data();
  const auto put = [&at](const void* from, std::size_t length) {
    if (length > 0) std::memcpy(at, from, length);
    at += length;
  };
  put(&header, sizeof header);
  put(patches.places.data(), count * kPlaceBytes);
  put(patches.histograms.data(), count * kHistogramBytes);
  for (const float luma : patches.luma) *at++ = static_cast<std::uint8_t>(std::floor(luma * 255 + 0.5f));
  return bytes;
}

bool read_patches(std::span<const std::uint8_t> bytes, Patches& patches) {
  PatchesHeader header;
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (!sane(header) || bytes.size() != length_of(header)) return false;
  patches.width = header.width, patches.height = header.height;
  patches.source_width = header.source_width, patches.source_height = header.source_height;
  patches.places.resize(header.count), patches.histograms.resize(header.count);
  const std::uint8_t* at = bytes.data() + sizeof header;
  if (header.count > 0) {
    std::memcpy(patches.places.data(), at, header.count * kPlaceBytes);
    std::memcpy(patches.histograms.data(), at + header.count * kPlaceBytes, header.count * kHistogramBytes);
  }
  for (const Place& place : patches.places)
    if (!sane(place)) return false;
  at += header.count * (kPlaceBytes + kHistogramBytes);
  patches.luma.resize(std::size_t{header.width} * header.height);
  for (float& luma : patches.luma) luma = static_cast<float>(*at++) / 255;
  return true;
}

}  // namespace egide
