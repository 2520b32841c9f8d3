#include "core/index/checksum.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/index/little_endian.hpp"

namespace egide {
namespace {

// The five primes of the description, section "XXH64 algorithm description".
constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87u, kPrime2 = 0xC2B2AE3D27D4EB4Fu, kPrime3 = 0x165667B19E3779F9u,
                        kPrime4 = 0x85EBCA77C2B2AE63u, kPrime5 = 0x27D4EB2F165667C5u;

std::uint64_t round_of(std::uint64_t lane, std::uint64_t word) noexcept {
  return std::rotl(lane + word * kPrime2, 31) * kPrime1;
}

}  // namespace

void Checksum::stripe(const std::uint8_t* bytes) noexcept {
  for (int i = 0; i < 4; ++i) lanes_[i] = round_of(lanes_[i], read_u64(bytes + 8 * i));
}

void Checksum::update(std::span<const std::uint8_t> bytes) noexcept {
  const std::size_t held = length_ % kStripe;
  length_ += bytes.size();
  if (held > 0) {
    const std::size_t wanted = std::min(kStripe - held, bytes.size());
    std::copy_n(bytes.begin(), wanted, rest_ + held);
    bytes = bytes.subspan(wanted);
    if (held + wanted < kStripe) return;
    stripe(rest_);
  }
  for (; bytes.size() >= kStripe; bytes = bytes.subspan(kStripe)) stripe(bytes.data());
  std::copy(bytes.begin(), bytes.end(), rest_);
}

std::uint64_t Checksum::value() const noexcept {
  std::uint64_t hash = kPrime5;
  if (length_ >= kStripe) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round_of(0, lane)) * kPrime1 + kPrime4;
  }
  hash += length_;
  const std::uint8_t* at = rest_;
  std::size_t left = length_ % kStripe;
  for (; left >= 8; at += 8, left -= 8) hash = std::rotl(hash ^ round_of(0, read_u64(at)), 27) * kPrime1 + kPrime4;
  for (; left >= 4; at += 4, left -= 4) hash = std::rotl(hash ^ read_u32(at) * kPrime1, 23) * kPrime2 + kPrime3;
  for (; left > 0; ++at, --left) hash = std::rotl(hash ^ *at * kPrime5, 11) * kPrime1;
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

std::uint64_t checksum_of(std::span<const std::uint8_t> bytes) noexcept {
  Checksum checksum;
  checksum.update(bytes);
  return checksum.value();
}

}  // namespace egide
