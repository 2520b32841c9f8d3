// Indexes as flat C functions, as in exports.cpp. An index and the scratch area of its build are pieces of memory from
// `allocate`. Sizes and counts are doubles where they may be beyond 32 bits: the TypeScript side then refuses.
#include <cstdint>
#include <cstring>

#include "core/digest/digest_index.hpp"
#include "core/hamming/pdq_index.hpp"
#include "core/index/index_build.hpp"
#include "core/pdq/pdq.hpp"
#include "wasm/export.hpp"

namespace {

egide::IndexShape pdq_shape_of(std::uint32_t count, std::uint32_t ids, std::uint32_t tags) noexcept {
  return egide::pdq_shape(count, ids != 0, tags != 0);
}

egide::SearchKernels search_kernels_of(std::uint32_t kernel) noexcept {
  const auto named = egide::kernels::pdq_kernels();
  return egide::search_kernels(named[kernel < named.size() ? kernel : named.size() - 1].name);
}

double failed(egide::IndexError error) noexcept { return -static_cast<double>(error); }

}  // namespace

EGIDE_EXPORT(pdq_index_bytes)
double egide_pdq_index_bytes(std::uint32_t count, std::uint32_t ids, std::uint32_t tags) {
  return static_cast<double>(egide::layout_of(pdq_shape_of(count, ids, tags)).total);
}

EGIDE_EXPORT(pdq_index_scratch_bytes)
double egide_pdq_index_scratch_bytes(std::uint32_t count, std::uint32_t ids, std::uint32_t tags) {
  return static_cast<double>(egide::index_scratch_bytes(pdq_shape_of(count, ids, tags)));
}

EGIDE_EXPORT(pdq_index_begin)
std::uint32_t egide_pdq_index_begin(std::uint8_t* index, std::uint32_t bytes, std::uint8_t* scratch,
                                    std::uint32_t scratch_bytes, std::uint32_t count, std::uint32_t ids,
                                    std::uint32_t tags) {
  return egide::index_build_begin({{index, bytes}, {scratch, scratch_bytes}}, pdq_shape_of(count, ids, tags)) ? 1 : 0;
}

EGIDE_EXPORT(index_add)
std::uint32_t egide_index_add(std::uint8_t* index, std::uint32_t bytes, std::uint8_t* scratch,
                              std::uint32_t scratch_bytes, const std::uint8_t* rows, std::uint32_t rows_bytes,
                              const std::uint32_t* ids, std::uint32_t id_count) {
  return egide::index_build_add({{index, bytes}, {scratch, scratch_bytes}}, {rows, rows_bytes}, {ids, id_count}) ? 1
                                                                                                                 : 0;
}

/// Units left, or -1 if rows are missing.
EGIDE_EXPORT(index_step)
double egide_index_step(std::uint8_t* index, std::uint32_t bytes, std::uint8_t* scratch, std::uint32_t scratch_bytes,
                        std::uint32_t units) {
  const egide::IndexProgress progress = egide::index_build_step({{index, bytes}, {scratch, scratch_bytes}}, units);
  return progress.ok ? static_cast<double>(progress.left) : -1;
}

/// Length of the index that begins with these bytes, or minus an error.
EGIDE_EXPORT(index_length) double egide_index_length(const std::uint8_t* header, std::uint32_t length) {
  egide::Index index;
  const egide::IndexError error = egide::read_header({header, length}, index);
  return error == egide::IndexError::ok ? static_cast<double>(index.layout.total) : failed(error);
}

/// 0 or minus an error; writes kind, width, count, directory bits, ids, tags and images as 32-bit numbers.
EGIDE_EXPORT(index_open)
double egide_index_open(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t* facts) {
  egide::Index index;
  egide::IndexError error = egide::read_index({bytes, length}, index);
  if (error == egide::IndexError::ok) error = egide::check_directory(index);
  if (error != egide::IndexError::ok) return failed(error);
  const egide::IndexShape& shape = index.shape;
  const std::uint32_t all[] = {static_cast<std::uint32_t>(shape.kind),
                               shape.width,
                               static_cast<std::uint32_t>(shape.count),
                               shape.directory_bits,
                               shape.ids ? 1u : 0u,
                               shape.tags ? 1u : 0u,
                               static_cast<std::uint32_t>(shape.images)};
  std::memcpy(facts, all, sizeof all);
  return 0;
}

/// Bytes left or minus an error. `state` is `kIndexCheckBytes` long, zeros at first.
EGIDE_EXPORT(index_check)
double egide_index_check(const std::uint8_t* bytes, std::uint32_t length, std::uint8_t* state, std::uint32_t count) {
  egide::Index index;
  const egide::IndexError error = egide::read_index({bytes, length}, index);
  if (error != egide::IndexError::ok) return failed(error);
  const egide::IndexCheck check = egide::index_check_step(index, {state, egide::kIndexCheckBytes}, count);
  return check.error == egide::IndexError::ok ? static_cast<double>(check.left) : failed(check.error);
}

/// Pairs found or minus an error.
EGIDE_EXPORT(pdq_index_search)
double egide_pdq_index_search(const std::uint8_t* bytes, std::uint32_t length, const std::uint8_t* queries,
                              std::uint32_t query_count, std::uint32_t max_distance, egide::HammingHit* hits,
                              std::uint32_t capacity, std::uint32_t kernel) {
  egide::Index index;
  egide::IndexError error = egide::read_index({bytes, length}, index);
  if (error == egide::IndexError::ok && index.shape.kind != egide::IndexKind::pdq) error = egide::IndexError::kind;
  if (error != egide::IndexError::ok) return failed(error);
  const egide::PdqSearch found = egide::pdq_index_search(index, {queries, std::size_t{query_count} * 32}, max_distance,
                                                         {hits, capacity}, search_kernels_of(kernel));
  return found.error == egide::IndexError::ok ? static_cast<double>(found.found) : failed(found.error);
}

EGIDE_EXPORT(pdq_index_scans)
std::uint32_t egide_pdq_index_scans(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t max_distance,
                                    std::uint32_t query_count) {
  egide::Index index;
  return egide::read_index({bytes, length}, index) != egide::IndexError::ok ||
                 egide::scans(index, max_distance, query_count)
             ? 1
             : 0;
}

/// 0 or minus an error.
EGIDE_EXPORT(pdq_index_read)
double egide_pdq_index_read(const std::uint8_t* bytes, std::uint32_t length, std::uint32_t first, std::uint32_t count,
                            std::uint8_t* hashes, std::uint32_t* ids) {
  egide::Index index;
  egide::IndexError error = egide::read_index({bytes, length}, index);
  if (error == egide::IndexError::ok && index.shape.kind != egide::IndexKind::pdq) error = egide::IndexError::kind;
  if (error != egide::IndexError::ok) return failed(error);
  egide::pdq_index_read(index, first, {hashes, std::size_t{count} * 32}, {ids, count});
  return 0;
}

EGIDE_EXPORT(digest_index_bytes)
double egide_digest_index_bytes(std::uint32_t width, std::uint32_t count) {
  return static_cast<double>(egide::layout_of(egide::digest_shape(width, count)).total);
}

EGIDE_EXPORT(digest_index_scratch_bytes)
double egide_digest_index_scratch_bytes(std::uint32_t width, std::uint32_t count) {
  return static_cast<double>(egide::index_scratch_bytes(egide::digest_shape(width, count)));
}

EGIDE_EXPORT(digest_index_begin)
std::uint32_t egide_digest_index_begin(std::uint8_t* index, std::uint32_t bytes, std::uint8_t* scratch,
                                       std::uint32_t scratch_bytes, std::uint32_t width, std::uint32_t count) {
  return egide::index_build_begin({{index, bytes}, {scratch, scratch_bytes}}, egide::digest_shape(width, count)) ? 1
                                                                                                                 : 0;
}

/// Pairs found or minus an error.
EGIDE_EXPORT(digest_index_find)
double egide_digest_index_find(const std::uint8_t* bytes, std::uint32_t length, const std::uint8_t* digests,
                               std::uint32_t digests_bytes, egide::DigestHit* hits, std::uint32_t capacity) {
  egide::Index index;
  egide::IndexError error = egide::read_index({bytes, length}, index);
  if (error == egide::IndexError::ok && index.shape.kind != egide::IndexKind::digest) error = egide::IndexError::kind;
  if (error != egide::IndexError::ok) return failed(error);
  const egide::DigestFind found = egide::digest_index_find(index, {digests, digests_bytes}, {hits, capacity});
  return found.error == egide::IndexError::ok ? static_cast<double>(found.found) : failed(found.error);
}
