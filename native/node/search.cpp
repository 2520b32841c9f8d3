// Search for Node.
#include <napi.h>

#include "core/hamming/scan.hpp"
#include "core/kernels/choose.hpp"
#include "node/addon.hpp"
#include "node/arguments.hpp"

namespace egide::node {
namespace {

// hammingScan(queries, hashes, maxDistance, hits: Uint32Array, kernel?) -> number found
Napi::Value hamming_scan(const Napi::CallbackInfo& info) {
  const auto queries = bytes_of(info[0]), hashes = bytes_of(info[1]);
  const auto numbers = numbers_of(info[3]);
  const std::string name = text_of(info[4]);
  static_assert(sizeof(HammingHit) == 3 * sizeof(std::uint32_t));
  const std::span<HammingHit> hits(reinterpret_cast<HammingHit*>(numbers.data()), numbers.size() / 3);
  const std::uint64_t found = hamming_scan(queries, hashes, info[2].ToNumber().Uint32Value(), hits,
                                           kernel_named(kernels::near_kernels(), name));
  return Napi::Number::New(info.Env(), static_cast<double>(found));
}

}  // namespace

void export_search(Napi::Object exports) {
  exports.Set("hammingScan", Napi::Function::New(exports.Env(), hamming_scan));
}

}  // namespace egide::node
