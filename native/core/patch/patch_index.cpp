#include "core/patch/patch_index.hpp"

#include <algorithm>
#include <cstring>

#include "core/index/little_endian.hpp"
#include "core/kernels/prefetch.hpp"

namespace egide {
namespace patch_index {

// Eight to sixteen features a bucket, which are one cache line of positions. Twice as many buckets are a tenth faster
// and take a third of a byte more a feature (bench/native/patch_bench).
constexpr std::uint32_t kBucketBits = 4, kLeastDirectoryBits = 8;

const std::uint8_t* image_row(const Index& index, std::uint64_t image) noexcept {
  return index.bytes + index.layout.images + kImageBytes * image;
}

std::uint32_t entry_of(const Index& index, std::uint64_t feature) noexcept {
  return read_u32(index.bytes + index.layout.entries + 4 * feature);
}

// The leading bits of an entry's key: the last bucket that begins at or before it. Starts are near where even buckets
// would put them, so the search begins there, with steps that double.
std::uint32_t bucket_of_entry(const Index& index, std::uint32_t entry) noexcept {
  const std::uint32_t buckets = 1u << index.shape.directory_bits;
  auto low = static_cast<std::uint32_t>((std::uint64_t{entry} << index.shape.directory_bits) / index.shape.count);
  std::uint32_t high = low + 1;
  for (std::uint32_t step = 1; low > 0 && index.start(low) > entry; step *= 2) high = low, low -= std::min(low, step);
  for (std::uint32_t step = 1; high < buckets && index.start(high) <= entry; step *= 2)
    low = high, high += std::min(buckets - high, step);
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (index.start(middle) <= entry ? low : high) = middle;
  }
  return low;
}

std::uint32_t key_of_entry(const Index& index, std::uint32_t entry) noexcept {
  const std::uint32_t rest_bits = kKeyBits - index.shape.directory_bits;
  return bucket_of_entry(index, entry) << rest_bits | (read_entry(index, entry).rest & ((1u << rest_bits) - 1));
}

// Features are where their keys put them: asks for all of an image's before the first is read.
IndexError ask_for_features(const Index& index, const PatchImage& image) noexcept {
  for (std::uint32_t i = 0; i < image.count; ++i) {
    const std::uint32_t entry = entry_of(index, image.first + i);
    if (entry >= index.shape.count) return IndexError::position;
    kernels::prefetch(index.bytes + index.layout.rows + index.shape.width * std::uint64_t{entry});
  }
  return IndexError::ok;
}

}  // namespace patch_index

bool add_totals(std::span<const std::uint8_t> records, std::uint32_t code_bytes, PatchTotals& totals) noexcept {
  PatchTotals sum = totals;
  while (!records.empty()) {
    RecordShape shape;
    if (read_record_header(records, shape) != RecordError::ok || shape.code_bytes != code_bytes ||
        record_bytes(shape) > records.size())
      return false;
    sum.features += shape.feature_count, ++sum.images;
    sum.grid_blocks += grid_blocks({shape.grid_columns, shape.grid_rows});
    records = records.subspan(static_cast<std::size_t>(record_bytes(shape)));
  }
  totals = sum;
  return true;
}

IndexShape patch_shape(const PatchTotals& totals, std::uint32_t code_bytes) noexcept {
  const std::uint32_t bits = number_bits(totals.features);
  const std::uint32_t directory_bits =
      std::clamp(bits - std::min(bits, patch_index::kBucketBits), patch_index::kLeastDirectoryBits, kKeyBits);
  return {IndexKind::patch, code_bytes,        totals.features, directory_bits, true, false,
          totals.images,    totals.grid_blocks};
}

IndexError read_image(const Index& index, std::uint64_t image, PatchImage& read) noexcept {
  if (image >= index.shape.images) return IndexError::position;
  const std::uint8_t *row = patch_index::image_row(index, image), *next = row + kImageBytes;
  const std::uint32_t first = read_u32(row), end = read_u32(next), grid = read_u32(row + 4),
                      grid_end = read_u32(next + 4);
  const std::uint32_t width = read_u32(row + 8), height = read_u32(row + 12);
  if (first > end || end > index.shape.count || end - first > kMaxPatches || grid > grid_end ||
      grid_end > index.shape.grid_blocks)
    return IndexError::position;
  const GridShape shape = grid == grid_end ? GridShape{} : grid_shape(width, height);
  if (grid_blocks(shape) != grid_end - grid) return IndexError::position;
  read = {first,  end - first, width,
          height, shape,       index.bytes + index.layout.grids + kGridBlock * std::uint64_t{grid}};
  return IndexError::ok;
}

void ask_for_image(const Index& index, std::uint32_t feature) noexcept {
  kernels::prefetch(index.bytes + index.layout.owners + 4 * std::uint64_t{feature / kOwnerStride});
}

void ask_for_image_row(const Index& index, std::uint32_t feature) noexcept {
  const std::uint32_t image = read_u32(index.bytes + index.layout.owners + 4 * std::uint64_t{feature / kOwnerStride});
  if (image < index.shape.images) kernels::prefetch(patch_index::image_row(index, image));
}

IndexError image_of(const Index& index, std::uint32_t feature, std::uint32_t& image) noexcept {
  if (feature >= index.shape.count) return IndexError::position;
  const std::uint8_t* owners = index.bytes + index.layout.owners;
  const std::uint64_t stride = feature / kOwnerStride, strides = (index.shape.count + kOwnerStride - 1) / kOwnerStride;
  std::uint64_t low = read_u32(owners + 4 * stride);
  std::uint64_t high =
      stride + 1 < strides ? std::uint64_t{read_u32(owners + 4 * (stride + 1))} + 1 : index.shape.images;
  const auto first = [&](std::uint64_t i) { return read_u32(patch_index::image_row(index, i)); };
  if (low >= high || high > index.shape.images) return IndexError::position;
  while (high - low > 1) {  // the last image that begins at or before the feature
    const std::uint64_t middle = low + (high - low) / 2;
    (first(middle) <= feature ? low : high) = middle;
  }
  if (feature < first(low) || feature >= first(low + 1)) return IndexError::position;
  image = static_cast<std::uint32_t>(low);
  return IndexError::ok;
}

IndexError bucket_of(const Index& index, std::uint32_t key, EntryRun& bucket) noexcept {
  const std::uint64_t start = key >> (kKeyBits - index.shape.directory_bits);
  bucket = {index.start(start), index.start(start + 1)};
  return bucket.begin <= bucket.end && bucket.end <= index.shape.count ? IndexError::ok : IndexError::directory;
}

EntryRun run_of(const Index& index, std::uint32_t key, EntryRun bucket) noexcept {
  const std::uint32_t rest = key & ((1u << (kKeyBits - index.shape.directory_bits)) - 1);
  // The first entry of the bucket with at least that rest: a bucket can be as long as whoever makes records likes.
  const auto first = [&](std::uint64_t wanted) {
    std::uint32_t begin = bucket.begin, count = bucket.end - bucket.begin;
    while (count > 0) {
      const std::uint32_t half = (count + 1) / 2;
      begin += read_entry(index, begin + half - 1).rest < wanted ? half : 0;
      count -= half;
    }
    return begin;
  };
  return {first(rest), first(std::uint64_t{rest} + 1)};
}

bool is_stop(const Index& index, std::uint32_t feature) noexcept {
  return (index.bytes[index.layout.stops + feature / 8] >> feature % 8 & 1) != 0;
}

IndexError record_at(const Index& index, std::uint64_t image, std::vector<std::uint8_t>& record) {
  PatchImage from;
  IndexError error = read_image(index, image, from);
  if (error == IndexError::ok) error = patch_index::ask_for_features(index, from);
  if (error != IndexError::ok) return error;
  const std::uint32_t width = index.shape.width;
  const RecordShape shape{width, from.count, from.grid_shape.columns, from.grid_shape.rows, from.width, from.height};
  record.resize(record_bytes(shape));
  std::uint8_t* at = record.data() + kRecordHeaderBytes;
  for (std::uint32_t i = 0; i < from.count; ++i, at += feature_bytes(width)) {
    const std::uint64_t feature = from.first + i;
    const std::uint32_t entry = patch_index::entry_of(index, feature);
    const std::uint32_t key = patch_index::key_of_entry(index, entry);
    std::memcpy(at, index.bytes + index.layout.rows + width * std::uint64_t{entry}, width);
    write_number(at + width, key | (is_stop(index, from.first + i) ? kStopBit : 0));
    std::memcpy(at + width + 4, index.bytes + index.layout.places + 4 * feature, 4);
  }
  std::memcpy(at, from.grid, grid_bytes(from.grid_shape));
  seal_record(record, shape);
  return IndexError::ok;
}

IndexError reference_at(const Index& index, std::uint64_t image, Reference& reference) {
  PatchImage from;
  IndexError error = read_image(index, image, from);
  if (error == IndexError::ok) error = patch_index::ask_for_features(index, from);
  if (error != IndexError::ok) return error;
  const auto width = static_cast<float>(from.width), height = static_cast<float>(from.height);
  const float longest = std::max({width, height, 1.0F});
  reference.width = kReferenceSide * width / longest, reference.height = kReferenceSide * height / longest;
  reference.narrow = index.shape.width == 8;
  reference.places.resize(from.count), reference.codes.resize(from.count), reference.stops.resize(from.count);
  for (std::uint32_t i = 0; i < from.count; ++i) {
    const std::uint64_t feature = from.first + i;
    reference.places[i] = unpack_place(read_u32(index.bytes + index.layout.places + 4 * feature));
    reference.codes[i] = code_at(index, patch_index::entry_of(index, feature));
    reference.stops[i] = is_stop(index, from.first + i) ? 1 : 0;
  }
  reference.grid_columns = from.grid_shape.columns, reference.grid_rows = from.grid_shape.rows;
  reference.grid = from.grid;
  return IndexError::ok;
}

}  // namespace egide
