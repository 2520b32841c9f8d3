// Any bytes that call themselves patches: they are refused, or come out again as they are, make a record that is one,
// and are compared with their own and with another picture's without touching anything outside.
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "../native/indexes.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/compare.hpp"
#include "core/patch/match.hpp"
#include "core/patch/patches_format.hpp"
#include "core/patch/record.hpp"

namespace {

using egide::Patches;
using egide::test::AlignedBytes;
using egide::test::xorshift;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kEveryVariant = 0b1111, kMostFeatures = 48, kLongestSide = 64;
constexpr std::size_t kPlaceBytes = 16;

void require(bool holds) {
  if (!holds) std::abort();
}

void compare_with(const Patches& patches, std::span<const std::uint8_t> record) {
  std::vector<double> numbers;
  egide::compare(patches, record, kEveryVariant, 1000, numbers);
  for (const double number : numbers) require(!std::isnan(number));
}

// A record of features that lie and look as if they were no one's.
Bytes stranger() {
  const egide::RecordShape shape{16, kMostFeatures, 32, 24, 640, 480};
  Bytes record(egide::record_bytes(shape));
  std::uint32_t noise = 77;
  for (std::size_t i = egide::kRecordHeaderBytes; i < record.size(); ++i)
    record[i] = static_cast<std::uint8_t>(xorshift(noise) >> 24);
  for (std::uint32_t i = 0; i < shape.feature_count; ++i)
    record[egide::kRecordHeaderBytes + egide::feature_bytes(16) * i + 19] = 0;  // a key has 24 bits
  egide::seal_record(record, shape);
  return record;
}

void use(std::span<const std::uint8_t> bytes) {
  Patches patches;
  if (!egide::read_patches(bytes, patches)) return;
  const Bytes again = egide::write_patches(patches);
  require(again.size() == bytes.size() && std::memcmp(again.data(), bytes.data(), bytes.size()) == 0);
  for (const std::uint32_t code_bytes : {16u, 8u}) {
    const Bytes record = egide::write_record(patches, 256, code_bytes, true);
    egide::Record read;
    require(egide::read_record(record, read) == egide::RecordError::ok);
    compare_with(patches, record);
  }
  static const Bytes other = stranger();
  compare_with(patches, other);
}

// A header that may be one; what follows is the input's, and behind its end noise.
AlignedBytes with_header(std::span<const std::uint8_t> input) {
  const std::uint32_t count = input[0] % (kMostFeatures + 1), width = 1 + input[1] % kLongestSide,
                      height = 1 + input[2] % kLongestSide;
  const std::uint32_t header[] = {
      0x51504745, 1, egide::patch_tables_version(), width, height, 1 + input[3] * 7u, 1 + input[4] * 5u, count};
  AlignedBytes bytes(sizeof header + std::size_t{count} * (kPlaceBytes + egide::kHistogramBytes) +
                     std::size_t{width} * height);
  std::memcpy(bytes.data(), header, sizeof header);
  std::uint32_t noise = 2463534242u + input[5];
  for (std::size_t i = sizeof header; i < bytes.size(); ++i) {
    const std::size_t at = 6 + i - sizeof header;
    bytes[i] = at < input.size() ? input[at] : static_cast<std::uint8_t>(xorshift(noise) >> 24);
  }
  // Places that noise has written are hardly ever finite and small: those lie in the picture.
  for (std::size_t i = 0; i < std::size_t{4} * count; ++i) {
    if (6 + 4 * i + 4 <= input.size()) continue;
    const float limits[] = {static_cast<float>(width), static_cast<float>(height), 9, 3};
    const float value = limits[i % 4] * static_cast<float>(1 + (xorshift(noise) >> 8)) / (1 << 24);
    std::memcpy(bytes.data() + sizeof header + 4 * i, &value, sizeof value);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  use(AlignedBytes({data, size}, size));
  if (size >= 6) use(with_header({data, size}));
  return 0;
}
