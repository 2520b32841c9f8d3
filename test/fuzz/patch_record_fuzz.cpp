// Any bytes that call themselves a record of patches or a table of stop features: reading them touches nothing outside,
// and what is read lies inside.
#include <cstdlib>

#include "../native/indexes.hpp"
#include "core/index/checksum.hpp"
#include "core/index/little_endian.hpp"
#include "core/patch/match.hpp"
#include "core/patch/patch_stops.hpp"

namespace {

using egide::test::AlignedBytes;

constexpr std::size_t kHeaderBytes = 32, kSumAt = 24;  // of both (docs/formats.md)

void require(bool holds) {
  if (!holds) std::abort();
}

void read(const AlignedBytes& bytes) {
  egide::Record record;
  if (egide::read_record(bytes, record) == egide::RecordError::ok) {
    require(egide::record_bytes(record.shape) == bytes.size());
    const egide::Reference reference = egide::reference_of(record);
    for (const egide::Place& place : reference.places) require(place.x >= 0 && place.x < egide::kReferenceSide);
    for (std::uint32_t i = 0; i < record.shape.feature_count; ++i) require(record.key(i) < egide::kStopKeys);
    // What is written again is the same.
    AlignedBytes again(bytes);
    egide::seal_record(again, record.shape);
    require(again == bytes);
  }
  egide::StopTable table;
  if (egide::read_stops(bytes, table) == egide::RecordError::ok)
    for (std::uint64_t i = 0; i < table.count; ++i)
      require(table.key(i) < egide::kStopKeys && table.code(i).words.size() == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  AlignedBytes bytes({data, size}, size);
  read(bytes);
  if (size < kHeaderBytes) return 0;
  egide::write_number(bytes.data() + 20, egide::patch_tables_version());  // a record's
  for (int kind = 0; kind < 2; ++kind) {
    egide::Checksum sum;
    sum.update({bytes.data(), kSumAt});
    sum.update({bytes.data() + kHeaderBytes, size - kHeaderBytes});
    egide::write_number(bytes.data() + kSumAt, sum.value());
    read(bytes);
    egide::write_number(bytes.data() + 16, egide::patch_tables_version());  // a table's
  }
  return 0;
}
