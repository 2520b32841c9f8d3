// An index of patches of which any numbers were changed: searching it, giving records back, and looking for stop
// features touches nothing outside and ends in one of the errors there are.
#include <cstdlib>

#include "../native/indexes.hpp"
#include "../native/patch_worlds.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/patch_search.hpp"
#include "core/patch/patch_stops.hpp"

namespace {

using namespace egide::test;
using egide::IndexError;

constexpr std::uint32_t kImages = 12, kFeatures = 40;

void require(bool holds) {
  if (!holds) std::abort();
}

bool known(IndexError error) {
  require(error == IndexError::ok || error == IndexError::directory || error == IndexError::position);
  return error == IndexError::ok;
}

/// Images whose features have few keys, and a query with the features of one of them.
struct Base {
  egide::Query query;
  AlignedBytes bytes = built_of_images();

  AlignedBytes built_of_images() {
    Random random{5};
    std::vector<std::uint8_t> records;
    std::vector<std::uint32_t> ids;
    egide::PatchTotals totals;
    for (std::uint32_t i = 0; i < kImages; ++i) ids.push_back(i), add_image(random, records, i == 3);
    require(egide::add_totals(records, 16, totals));
    const egide::IndexShape shape = egide::patch_shape(totals, 16);
    Site site(shape);
    require(egide::index_build_begin(site.work(), shape) && egide::index_build_add(site.work(), records, ids));
    while (egide::index_build_step(site.work(), 1000).left > 0) {
    }
    return std::move(site.bytes);
  }

  void add_image(Random& random, std::vector<std::uint8_t>& records, bool asked) {
    const egide::RecordShape shape{16, kFeatures, 32, 24, 640, 480};
    std::vector<std::uint8_t> record(egide::record_bytes(shape));
    std::uint8_t* at = record.data() + egide::kRecordHeaderBytes;
    for (std::uint32_t i = 0; i < kFeatures; ++i, at += egide::feature_bytes(16)) {
      const egide::Code code = random.code();
      const egide::Place place = random.place(640, 480);
      const std::uint32_t key = random.bits() % 30 * 0x81234u & 0xffffff;
      std::memcpy(at, code.words.data(), 16);
      egide::write_number(at + 16, key);
      egide::write_number(at + 20, egide::pack_place(place, 640));
      if (!asked) continue;
      query.places.push_back(place), query.codes.push_back(code), query.keys.push_back({key, {}});
    }
    query.width = 640, query.height = 480;
    egide::seal_record(record, shape);
    records.insert(records.end(), record.begin(), record.end());
  }
};

void use(AlignedBytes& bytes, const egide::Index& index, const egide::Query& query) {
  const egide::PatchSegment segment{index, {}};
  egide::PatchSearchOptions options;
  options.images = kImages;
  const egide::PatchCandidates candidates = egide::patch_candidates({&segment, 1}, {&query, 1}, options);
  known(candidates.error);
  for (const egide::PatchCandidate& candidate : candidates.candidates) require(candidate.image < kImages);
  known(egide::patch_search({&segment, 1}, {}, {&query, 1}, options).error);
  for (std::uint32_t i = 0; i < kImages; ++i) {
    std::vector<std::uint8_t> record;
    known(egide::record_at(index, i, record));
  }
  std::vector<std::uint8_t> entries, state(egide::kStopStateBytes);
  const egide::StopProgress progress = egide::collect_stops({&segment, 1}, 0, 1'000'000, entries);
  known(progress.error);
  const std::vector<std::uint8_t> written = egide::write_stops(entries, 16);
  egide::StopTable table;
  require(egide::read_stops(written, table) == egide::RecordError::ok);
  require(egide::mark_stops(bytes, written, state, ~std::uint64_t{0}).ok);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Base base;
  AlignedBytes bytes(base.bytes);
  const std::uint64_t body = bytes.size() - egide::kIndexHeaderBytes;
  for (std::size_t at = 0; at + 7 <= size; at += 7) {
    const std::uint64_t place = (std::uint64_t{data[at]} << 16 | data[at + 1] << 8 | data[at + 2]) % (body - 3);
    std::memcpy(bytes.data() + egide::kIndexHeaderBytes + place, data + at + 3, 4);
  }
  egide::Index index;
  require(egide::read_index(bytes, index) == IndexError::ok);
  (void)egide::check_directory(index);
  use(bytes, index, base.query);
  return 0;
}
