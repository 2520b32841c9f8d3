// XXH64 against the values that its author and his library give.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"

namespace {

// The bytes that the published values are of (xxHash, cli/xsum_sanity_check.c: XSUM_fillTestBuffer).
std::vector<std::uint8_t> published_bytes(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::uint64_t state = 2654435761u;
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(state >> 56);
    state *= 11400714785074694797u;
  }
  return bytes;
}

}  // namespace

TEST_CASE("the checksum is XXH64 with seed 0") {
  const auto bytes = published_bytes(222);
  // xxHash, cli/xsum_sanity_check.c: XSUM_XXH64_testdata, those of seed 0.
  constexpr struct {
    std::size_t length;
    std::uint64_t value;
  } kPublished[] = {{0, 0xEF46DB3751D8E999u},
                    {1, 0xE934A84ADB052768u},
                    {4, 0x9136A0DCA57457EEu},
                    {14, 0x8282DCC4994E35C8u},
                    {222, 0xB641AE8CB691C174u}};
  for (const auto& [length, value] : kPublished) {
    CAPTURE(length);
    CHECK(egide::checksum_of(std::span(bytes).first(length)) == value);
  }
}

TEST_CASE("the checksum is that of the library at every length, which is every way to end") {
  const auto bytes = published_bytes(200);
  std::vector<std::uint8_t> values(8 * 201);
  for (std::size_t length = 0; length <= 200; ++length)
    egide::write_number(values.data() + 8 * length, egide::checksum_of(std::span(bytes).first(length)));
  // libxxhash 0.8.1: XXH64 of its own 201 values, little-endian, one after the other.
  CHECK(egide::checksum_of(values) == 0x463F9E33BAE239F4u);
}

TEST_CASE("the checksum does not depend on the parts that the bytes come in") {
  const auto bytes = published_bytes(200);
  for (std::size_t length = 0; length <= 200; ++length) {
    const auto whole = std::span(bytes).first(length);
    const std::uint64_t expected = egide::checksum_of(whole);
    std::size_t wrong = 0;
    for (std::size_t cut = 0; cut <= length; ++cut) {  // in two, of which either may be empty
      egide::Checksum checksum;
      checksum.update(whole.first(cut));
      checksum.update(whole.subspan(cut));
      wrong += checksum.value() != expected;
    }
    for (std::size_t part = 1; part <= 70; ++part) {  // in many of the same length
      egide::Checksum checksum;
      for (std::size_t at = 0; at < length; at += part) checksum.update(whole.subspan(at, std::min(part, length - at)));
      wrong += checksum.value() != expected;
      wrong += checksum.value() != expected;  // asking changes nothing
    }
    CAPTURE(length);
    CHECK(wrong == 0);
  }
}

TEST_CASE("a checksum goes on after it was asked for, and every bit of the input matters") {
  auto bytes = published_bytes(100);
  egide::Checksum checksum;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK(checksum.value() == egide::checksum_of(std::span(bytes).first(i)));
    checksum.update(std::span(bytes).subspan(i, 1));
  }
  const std::uint64_t intact = checksum.value();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    CHECK(egide::checksum_of(bytes) != intact);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
}
