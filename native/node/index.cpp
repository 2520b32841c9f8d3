// Indexes for Node: building, opening, checking and searching them where they lie.
#include <napi.h>

#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "core/digest/digest_index.hpp"
#include "core/hamming/pdq_index.hpp"
#include "core/index/index_build.hpp"
#include "node/addon.hpp"
#include "node/areas.hpp"
#include "node/arguments.hpp"

namespace egide::node {
namespace {

Index index_of(const Napi::CallbackInfo& info, IndexError& error) {
  Index index;
  error = read_index(area_of(info, 0), index);
  return index;
}

// indexAlign(memory: ArrayBuffer | Uint8Array) -> offset of the first whole cache line; asks for huge pages as well
Napi::Value index_align(const Napi::CallbackInfo& info) {
  const bool whole = info[0].IsArrayBuffer();
  const auto address = whole ? reinterpret_cast<std::uintptr_t>(info[0].As<Napi::ArrayBuffer>().Data())
                             : reinterpret_cast<std::uintptr_t>(bytes_of(info[0]).data());
  const std::size_t length = whole ? info[0].As<Napi::ArrayBuffer>().ByteLength() : bytes_of(info[0]).size();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Advice only: what it fails to get, small pages give. From 2 MiB on, the size of a huge page on x86-64 and AArch64.
  constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;
  const std::uintptr_t first = (address + kHuge - 1) / kHuge * kHuge, last = (address + length) / kHuge * kHuge;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): rounding an address has no other way
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)length;
#endif
  return number(info, static_cast<double>((kIndexAlignment - address % kIndexAlignment) % kIndexAlignment));
}

// The shape that the arguments from `first` on tell: count, ids, tags.
IndexShape pdq_shape_of(const Napi::CallbackInfo& info, std::size_t first) {
  return pdq_shape(static_cast<std::uint64_t>(info[first].ToNumber().Int64Value()), info[first + 1].ToBoolean(),
                   info[first + 2].ToBoolean());
}

// The same of digests: width, count.
IndexShape digest_shape_of(const Napi::CallbackInfo& info, std::size_t first) {
  return digest_shape(info[first].ToNumber().Uint32Value(),
                      static_cast<std::uint64_t>(info[first + 1].ToNumber().Int64Value()));
}

Napi::Value bytes_for(const Napi::CallbackInfo& info, const IndexShape& shape) {
  auto value = Napi::Object::New(info.Env());
  value.Set("indexBytes", static_cast<double>(layout_of(shape).total));
  value.Set("scratchBytes", static_cast<double>(index_scratch_bytes(shape)));
  return value;
}

// pdqIndexBytes(count, ids, tags) -> { indexBytes, scratchBytes }
Napi::Value pdq_index_bytes(const Napi::CallbackInfo& info) { return bytes_for(info, pdq_shape_of(info, 0)); }

// pdqIndexBegin(index, scratch, count, ids, tags) -> boolean
Napi::Value pdq_index_begin(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), index_build_begin(work_of(info), pdq_shape_of(info, 2 * kAreaArguments)));
}

// digestIndexBytes(width, count) -> { indexBytes, scratchBytes }
Napi::Value digest_index_bytes(const Napi::CallbackInfo& info) { return bytes_for(info, digest_shape_of(info, 0)); }

// digestIndexBegin(index, scratch, width, count) -> boolean
Napi::Value digest_index_begin(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), index_build_begin(work_of(info), digest_shape_of(info, 2 * kAreaArguments)));
}

// indexCopy(index, offset, target: Uint8Array)
Napi::Value index_copy(const Napi::CallbackInfo& info) {
  const auto from = area_of(info, 0);
  const auto target = bytes_of(info[4]);
  const double offset = info[3].ToNumber();
  if (!(offset >= 0 && offset + static_cast<double>(target.size()) <= static_cast<double>(from.size())))
    throw Napi::RangeError::New(info.Env(), "a piece outside its area");
  std::memcpy(const_cast<std::uint8_t*>(target.data()), from.data() + static_cast<std::size_t>(offset), target.size());
  return info.Env().Undefined();
}

// indexAdd(index, scratch, rows, ids?) -> boolean
Napi::Value index_add(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), index_build_add(work_of(info), bytes_of(info[6]), numbers_of(info[7])));
}

// indexStep(index, scratch, units) -> units left, or -1 if rows are missing
Napi::Value index_step(const Napi::CallbackInfo& info) {
  const IndexProgress progress = index_build_step(work_of(info), info[6].ToNumber().Uint32Value());
  return progress.ok ? number(info, static_cast<double>(progress.left)) : Napi::Number::New(info.Env(), -1);
}

// indexLength(header: Uint8Array) -> length of the index that begins so, or minus an error
Napi::Value index_length(const Napi::CallbackInfo& info) {
  Index index;
  const IndexError error = read_header(bytes_of(info[0]), index);
  return error == IndexError::ok ? number(info, static_cast<double>(index.layout.total)) : failed(info, error);
}

// indexOpen(index) -> minus an error, or { kind, width, count, ids, tags, directoryBits, images }
Napi::Value index_open(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_of(info, error);
  if (error == IndexError::ok) error = check_directory(index);
  if (error != IndexError::ok) return failed(info, error);
  auto value = Napi::Object::New(info.Env());
  value.Set("kind", static_cast<double>(index.shape.kind));
  value.Set("width", index.shape.width);
  value.Set("count", static_cast<double>(index.shape.count));
  value.Set("ids", index.shape.ids);
  value.Set("tags", index.shape.tags);
  value.Set("directoryBits", index.shape.directory_bits);
  value.Set("images", static_cast<double>(index.shape.images));
  return value;
}

// indexCheck(index, state: Uint8Array, bytes) -> bytes left, or minus an error
Napi::Value index_check(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_of(info, error);
  if (error != IndexError::ok) return failed(info, error);
  const auto state = bytes_of(info[3]);
  if (state.size() < kIndexCheckBytes) throw Napi::RangeError::New(info.Env(), "the state is too short");
  const IndexCheck check = index_check_step(index, {const_cast<std::uint8_t*>(state.data()), state.size()},
                                            info[4].ToNumber().Uint32Value());
  return check.error == IndexError::ok ? number(info, static_cast<double>(check.left)) : failed(info, check.error);
}

// pdqIndexSearch(index, queries, maxDistance, hits: Uint32Array, kernel?) -> pairs found, or minus an error
Napi::Value pdq_search(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_of(info, error);
  if (error == IndexError::ok && index.shape.kind != IndexKind::pdq) error = IndexError::kind;
  if (error != IndexError::ok) return failed(info, error);
  const auto numbers = numbers_of(info[5]);
  static_assert(sizeof(HammingHit) == 3 * sizeof(std::uint32_t));
  const std::span<HammingHit> hits(reinterpret_cast<HammingHit*>(numbers.data()), numbers.size() / 3);
  const PdqSearch found = pdq_index_search(index, bytes_of(info[3]), info[4].ToNumber().Uint32Value(), hits,
                                           search_kernels(text_of(info[6])));
  return found.error == IndexError::ok ? number(info, static_cast<double>(found.found)) : failed(info, found.error);
}

// pdqIndexScans(index, maxDistance, queryCount) -> whether such a search compares every hash
Napi::Value pdq_scans(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_of(info, error);
  return Napi::Boolean::New(info.Env(), error != IndexError::ok || scans(index, info[3].ToNumber().Uint32Value(),
                                                                         info[4].ToNumber().Uint32Value()));
}

// pdqIndexRead(index, first, hashes: Uint8Array, ids: Uint32Array) -> 0, or minus an error
Napi::Value pdq_read(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_of(info, error);
  if (error == IndexError::ok && index.shape.kind != IndexKind::pdq) error = IndexError::kind;
  if (error != IndexError::ok) return failed(info, error);
  const auto hashes = bytes_of(info[4]);
  pdq_index_read(index, static_cast<std::uint64_t>(info[3].ToNumber().Int64Value()),
                 {const_cast<std::uint8_t*>(hashes.data()), hashes.size()}, numbers_of(info[5]));
  return number(info, 0);
}

// digestIndexFind(index, digests, hits: Uint32Array) -> pairs found, or minus an error
Napi::Value digest_find(const Napi::CallbackInfo& info) {
  IndexError error = IndexError::ok;
  const Index index = index_of(info, error);
  if (error == IndexError::ok && index.shape.kind != IndexKind::digest) error = IndexError::kind;
  if (error != IndexError::ok) return failed(info, error);
  const auto numbers = numbers_of(info[4]);
  static_assert(sizeof(DigestHit) == 2 * sizeof(std::uint32_t));
  const std::span<DigestHit> hits(reinterpret_cast<DigestHit*>(numbers.data()), numbers.size() / 2);
  const DigestFind found = digest_index_find(index, bytes_of(info[3]), hits);
  return found.error == IndexError::ok ? number(info, static_cast<double>(found.found)) : failed(info, found.error);
}

}  // namespace

void export_index(Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(exports.Env(), function));
  };
  add("indexAlign", index_align);
  add("indexAdd", index_add);
  add("indexCopy", index_copy);
  add("indexStep", index_step);
  add("indexLength", index_length);
  add("indexOpen", index_open);
  add("indexCheck", index_check);
  add("pdqIndexBytes", pdq_index_bytes);
  add("pdqIndexBegin", pdq_index_begin);
  add("pdqIndexSearch", pdq_search);
  add("pdqIndexScans", pdq_scans);
  add("pdqIndexRead", pdq_read);
  add("digestIndexBytes", digest_index_bytes);
  add("digestIndexBegin", digest_index_begin);
  add("digestIndexFind", digest_find);
}

}  // namespace egide::node
