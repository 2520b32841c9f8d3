// Any bytes that call themselves an index: opening, checking, searching and reading them touches nothing outside, ends
// in one of the errors there are, and finds nothing that is not there.
#include <cstdlib>

#include "../native/indexes.hpp"
#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"

namespace {

using namespace egide::test;
using egide::Index;
using egide::IndexError;
using egide::IndexShape;
using egide::kPdqBytes;

constexpr std::size_t kLengthAt = 16, kHeaderSumAt = 120;  // docs/formats.md

void require(bool holds) {
  if (!holds) std::abort();
}

void check_answer(const Index& index, std::span<const std::uint8_t> queries, std::uint32_t radius,
                  const Answer& answer) {
  require(answer.error == IndexError::ok || answer.error == IndexError::directory ||
          answer.error == IndexError::position);
  for (const egide::HammingHit& hit :
       std::span(answer.hits).first(std::min<std::uint64_t>(answer.found, answer.hits.size()))) {
    require(hit.query < queries.size() / kPdqBytes && hit.distance <= radius);
    if (index.shape.ids) continue;  // an id may be anything
    require(hit.position < index.shape.count);
    std::array<std::uint8_t, kPdqBytes> hash{};
    std::uint32_t id = 0;
    egide::pdq_index_read(index, hit.position, hash, {&id, 1});
    require(id == hit.position && distance_of(queries.data() + kPdqBytes * hit.query, hash.data()) == hit.distance);
  }
}

void search(const Index& index, std::span<const std::uint8_t> queries, std::uint32_t radius) {
  for (const egide::SearchKernels& kernels : every_kernel()) {
    check_answer(index, queries, radius, searched(index, queries, radius, kernels, 50));
    if (index.shape.directory_bits > 0 && radius <= egide::kMaxBandedRadius)
      check_answer(index, queries, radius, searched_by_bands(index, queries, radius, kernels, 50));
  }
}

void check(const Index& index, std::uint64_t part) {
  const IndexError directory = egide::check_directory(index);
  require(directory == IndexError::ok || directory == IndexError::directory);
  std::array<std::uint8_t, egide::kIndexCheckBytes> state{};
  for (std::uint64_t before = ~std::uint64_t{0};;) {
    const egide::IndexCheck step = egide::index_check_step(index, state, part);
    require(step.error == IndexError::ok || (step.error == IndexError::content && step.left == 0));
    if (step.left == 0) return;
    require(step.left < before);
    before = step.left;
  }
}

// Whatever can be done with bytes that may be an index.
void open(std::span<const std::uint8_t> bytes, std::uint64_t part) {
  Index index;
  if (egide::read_index(bytes, index) != IndexError::ok) return;
  require(egide::layout_of(index.shape).total == bytes.size());
  check(index, part);
  if (index.shape.kind != egide::IndexKind::pdq) return;
  const auto queries = random_hashes(3, 92);  // the first rows of what open_edited makes
  for (const std::uint32_t radius : {0u, 31u, 120u}) search(index, queries, radius);
  AlignedBytes hashes(5 * kPdqBytes);
  std::array<std::uint32_t, 5> ids{};
  for (const std::uint64_t first : {std::uint64_t{0}, index.shape.count - 1, index.shape.count, ~std::uint64_t{0}})
    egide::pdq_index_read(index, first, hashes, ids);
}

// A small index without bands of which some bytes were changed, and that may have been cut or gone on; its header's
// checksum is right unless the flags say otherwise.
void open_edited(std::uint32_t flags, std::span<const std::uint8_t> input) {
  const std::uint64_t count = flags / 8;
  const AlignedBytes intact =
      built({egide::IndexKind::pdq, kPdqBytes, count, 0, (flags & 1) != 0, false}, random_hashes(count, 92));
  const std::size_t length = intact.size() - 64 + (input.empty() ? 64 : input[0]);
  AlignedBytes bytes({intact.data(), intact.size()}, length);
  for (std::size_t at = 1; at + 3 <= input.size(); at += 3) {
    // Nearly always in the header: little depends on what lies behind it.
    const std::size_t place = input[at + 1] % 8 == 0 ? input[at] * 8 : input[at] % egide::kIndexHeaderBytes;
    if (place < length) bytes[place] = input[at + 2];
  }
  if ((flags & 2) != 0 && length >= egide::kIndexHeaderBytes)
    egide::write_number(bytes.data() + kLengthAt, std::uint64_t{length});
  if ((flags & 4) == 0 && length >= egide::kIndexHeaderBytes)
    egide::write_number(bytes.data() + kHeaderSumAt, egide::checksum_of(std::span(bytes).first(kHeaderSumAt)));
  open(bytes, 1 + flags);
}

// An index with bands, made once, of `count` hashes in clusters.
struct Base {
  Base(std::uint64_t count, bool ids, bool tags)
      : hashes(random_hashes(count, 91)),
        bytes(built({egide::IndexKind::pdq, kPdqBytes, count, egide::kBandBits, ids, tags}, hashes)) {
    require(egide::read_index(bytes, index) == IndexError::ok);
  }

  std::vector<std::uint8_t> hashes;
  AlignedBytes bytes;
  Index index;
};

// Such an index with some of its numbers changed, in any section: places near a query's own bucket, or anywhere.
void search_damaged(std::uint32_t flags, std::span<const std::uint8_t> input) {
  static Base bases[] = {{1, false, true}, {600, false, true}, {600, false, false}, {600, true, true}};
  Base& base = bases[flags % 4];
  const egide::IndexLayout& layout = base.index.layout;
  const std::span<const std::uint8_t> queries =
      std::span(base.hashes).first(std::min(base.hashes.size(), 2 * kPdqBytes));
  const egide::Bands bands = egide::permuted(queries.data());
  std::vector<std::pair<std::uint64_t, std::uint8_t>> before;
  for (std::size_t at = 0; at + 8 <= input.size(); at += 8) {
    const std::uint8_t* edit = input.data() + at;
    const std::uint32_t band = edit[0] % 16, where = edit[1] | edit[2] << 8 | edit[3] << 16;
    const std::uint64_t bucket = std::uint64_t{band} * egide::kBandStarts + bands[band];
    std::uint64_t place =
        egide::kIndexHeaderBytes + (std::uint64_t{where} << 8) % (layout.total - egide::kIndexHeaderBytes);
    if (edit[0] / 16 % 4 == 1) place = layout.directory + 4 * bucket + where % 8;
    if (edit[0] / 16 % 4 == 2)
      place = layout.positions + layout.position_bytes * (band * layout.band_entries + base.index.start(bucket) % 600);
    if (edit[0] / 16 % 4 == 3) place = layout.directory + where % (layout.rows - layout.directory);
    for (std::uint64_t i = place; i < std::min(place + 4, layout.total); ++i) {
      before.emplace_back(i, base.bytes[i]);
      base.bytes[i] = edit[4 + i - place];
    }
  }
  for (const std::uint32_t radius : {0u, 15u, 31u}) search(base.index, queries, radius);
  if (flags / 4 % 8 == 1) search(base.index, queries, 64);
  if (flags / 4 % 8 == 2) check(base.index, 1 << 20);
  for (auto change = before.rbegin(); change != before.rend(); ++change) base.bytes[change->first] = change->second;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::span<const std::uint8_t> rest(data + 2, size - 2);
  open(AlignedBytes({data, size}, size), 1000);
  (data[0] % 2 == 0 ? open_edited : search_damaged)(data[1], rest);
  return 0;
}
