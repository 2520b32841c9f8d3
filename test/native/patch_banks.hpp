// Banks of made-up images, their indexes, and pictures that are copies of some.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/patch/patch_index.hpp"
#include "indexes.hpp"
#include "patch_worlds.hpp"

namespace egide::test {

using Bytes = std::vector<std::uint8_t>;

struct Feature {
  Code code;
  std::uint32_t key;
  Place place;  // in the frame of 640 pixels
  bool stop = false;
};

struct Image {
  std::uint32_t width = 640, height = 480;
  std::vector<Feature> features;
};

/// A key out of few or out of all: real keys are not uniform either.
inline std::uint32_t random_key(Random& random, std::uint32_t few) {
  const std::uint32_t key = random.bits() >> 8;
  return random.bits() % 2 == 0 ? key % few * 0x10101u & 0xffffff : key;
}

inline Image random_image(Random& random, std::uint32_t features, std::uint32_t few_keys = 40) {
  Image image{200 + random.bits() % 2000, 200 + random.bits() % 2000, {}};
  for (std::uint32_t i = 0; i < features; ++i)
    image.features.push_back({random.code(), random_key(random, few_keys), random.place(640, 480)});
  return image;
}

/// Its record, with a grid of steps in no order.
inline Bytes record_of(const Image& image, std::uint32_t code_bytes, bool with_grid = true) {
  const GridShape grid = with_grid ? grid_shape(image.width, image.height) : GridShape{};
  const RecordShape shape{code_bytes,   static_cast<std::uint32_t>(image.features.size()),
                          grid.columns, grid.rows,
                          image.width,  image.height};
  Bytes bytes(record_bytes(shape));
  std::uint8_t* at = bytes.data() + kRecordHeaderBytes;
  for (const Feature& feature : image.features) {
    std::memcpy(at, feature.code.words.data(), code_bytes);
    write_number(at + code_bytes, feature.key | (feature.stop ? kStopBit : 0));
    write_number(at + code_bytes + 4, pack_place(feature.place, kReferenceSide));
    at += feature_bytes(code_bytes);
  }
  for (std::uint32_t cell = 0; cell < grid.columns * grid.rows; ++cell) {
    const unsigned right = cell % grid.columns + 1 < grid.columns ? cell % 3 : 0;
    const unsigned down = cell / grid.columns + 1 < grid.rows ? (cell + image.width) % 3 : 0;
    at[cell / 2] = static_cast<std::uint8_t>(at[cell / 2] | (right | down << 2) << 4 * (cell % 2));
  }
  seal_record(bytes, shape);
  return bytes;
}

/// An index of the records, and the bytes that it lies in.
struct Bank {
  AlignedBytes bytes;
  Index index;
  std::uint64_t steps = 0;
};

/// Records added `at_once`, ids 3 i + 7 from `first_id` on.
inline Bank bank_of(const std::vector<Bytes>& records, std::uint32_t code_bytes = 16, std::uint64_t units = ~0ull,
                    std::size_t at_once = 7, std::uint64_t first_id = 0) {
  PatchTotals totals;
  for (const Bytes& record : records) REQUIRE(add_totals(record, code_bytes, totals));
  const IndexShape shape = patch_shape(totals, code_bytes);
  REQUIRE(valid(shape));
  Bank bank{AlignedBytes(layout_of(shape).total), {}};
  AlignedBytes scratch(index_scratch_bytes(shape));
  const IndexWork work{bank.bytes, scratch};
  REQUIRE(index_build_begin(work, shape));
  for (std::size_t i = 0; i < records.size(); i += at_once) {
    Bytes some;
    std::vector<std::uint32_t> ids;
    for (std::size_t j = i; j < std::min(records.size(), i + at_once); ++j) {
      some.insert(some.end(), records[j].begin(), records[j].end());
      ids.push_back(id_at(first_id + j));
    }
    REQUIRE(index_build_add(work, some, ids));
  }
  if (records.empty()) REQUIRE(index_build_add(work, {}, {}));
  for (std::uint64_t left = ~0ull; left > 0; ++bank.steps) {
    const IndexProgress progress = index_build_step(work, units);
    REQUIRE(progress.ok);
    REQUIRE(progress.left <= left);
    left = progress.left;
  }
  REQUIRE(read_index(work.index, bank.index) == IndexError::ok);
  REQUIRE(check_directory(bank.index) == IndexError::ok);
  Bytes state(kIndexCheckBytes);
  REQUIRE(index_check_step(bank.index, state, bank.bytes.size()).error == IndexError::ok);
  return bank;
}

/// Images of 0 to 120 features, some without a grid, and their records.
struct Collection {
  std::vector<Image> images;
  std::vector<Bytes> records;

  Collection(std::uint32_t seed, std::size_t count, std::uint32_t code_bytes = 16) {
    Random random{seed};
    for (std::size_t i = 0; i < count; ++i) {
      images.push_back(random_image(random, random.bits() % 121));
      if (code_bytes == 8)
        for (Feature& feature : images.back().features) feature.code.words[1] = 0;
      records.push_back(record_of(images.back(), code_bytes, i % 5 != 3));
    }
  }
};

/// The features of an image in a picture of 800 x 600 that shows it under the inverse of the transform, with `flips`
/// bits of each code turned over and a bit of some keys, whose margin tells; and as many strangers.
inline Query copy_of(const Image& image, const Matrix& to_reference, std::uint32_t flips, std::uint32_t strangers,
                     std::uint32_t seed) {
  Random random{seed};
  Query query;
  query.width = 800, query.height = 600;
  Matrix back;
  REQUIRE(inverse(to_reference, back));
  const auto add = [&](const Place& place, const Code& code, std::uint32_t key) {
    Key with{key, {}};
    for (float& margin : with.margins) margin = static_cast<float>(random.between(0.2, 3));
    const std::uint32_t bit = random.bits() % kKeyBits;
    if (random.bits() % 3 == 0) with.bits ^= 1u << bit;
    with.margins[bit] = 0.1f;
    query.places.push_back(place), query.codes.push_back(code), query.keys.push_back(with);
  };
  for (const Feature& feature : image.features) {
    const Place place = carried(back, feature.place);
    if (place.x >= 0 && place.x < 800 && place.y >= 0 && place.y < 600)
      add(place, flipped(random, feature.code, flips), feature.key);
  }
  for (std::uint32_t i = 0; i < strangers; ++i) add(random.place(800, 600), random.code(), random_key(random, 40));
  return query;
}

}  // namespace egide::test
