// The core for Node: unpack arguments, call the core, pack the answer. The TypeScript side is src/backend/native.ts,
// which has checked every argument; here they are checked again only as far as memory safety needs.
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/hamming/scan.hpp"
#include "core/image/upright.hpp"
#include "core/kernels/choose.hpp"
#include "core/pdq/pdq.hpp"

namespace {

using egide::kernels::kernel_named;
using egide::kernels::PdqKernel;

// One reusable area per thread: a 12-megapixel picture wants under 1 MB of it.
class Scratch {
 public:
  std::byte* of(std::uint64_t bytes) {
    if (bytes > size_) {
      memory_.reset();
      size_ = 0;
      memory_.reset(new (std::align_val_t{64}) std::byte[bytes]);
      size_ = bytes;
    }
    return memory_.get();
  }
  // Only the scalar kernel and sizes beyond reason want this much; they give it back.
  void shrink() {
    constexpr std::uint64_t kKept = 16u << 20;
    if (size_ > kKept) memory_.reset(), size_ = 0;
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete[](p, std::align_val_t{64}); }
  };
  std::unique_ptr<std::byte[], Free> memory_;
  std::uint64_t size_ = 0;
};

// Rows of a turned picture that are made at a time: reading them walks along a strip of columns this wide.
constexpr std::uint32_t kTurnedRows = 4 * egide::kernels::kBandRows;

egide::PdqResult hash(const egide::StoredPicture& stored, egide::PdqMode mode, const PdqKernel& kernel) {
  thread_local Scratch scratch;
  const egide::PdqPicture seen{stored.seen_width(), stored.seen_height(), stored.channels, mode};
  egide::PdqHasher hasher(seen, kernel, scratch.of(egide::PdqHasher::scratch_bytes(seen, kernel)));
  if (stored.orientation == 1) {
    hasher.rows(stored.pixels, stored.height);
  } else {
    std::vector<std::uint8_t> rows(std::size_t{kTurnedRows} * seen.width * seen.channels);
    for (std::uint32_t y = 0; y < seen.height; y += kTurnedRows) {
      const std::uint32_t count = std::min(kTurnedRows, seen.height - y);
      egide::upright_rows(stored, y, count, rows.data());
      hasher.rows(rows.data(), count);
    }
  }
  const egide::PdqResult result = hasher.finish();
  scratch.shrink();
  return result;
}

std::span<const std::uint8_t> bytes_of(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "expected a Uint8Array");
  const auto array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != napi_uint8_array) throw Napi::TypeError::New(value.Env(), "expected a Uint8Array");
  const auto view = array.As<Napi::Uint8Array>();
  return {view.Data(), view.ByteLength()};
}

struct Picture {
  std::span<const std::uint8_t> pixels;
  std::uint32_t width, height, channels;

  egide::StoredPicture stored(std::uint32_t orientation) const {
    return {pixels.data(), width, height, channels, orientation};
  }
};

// The first four arguments: pixels, width, height, channels.
Picture picture_of(const Napi::CallbackInfo& info) {
  const Picture picture{bytes_of(info[0]), info[1].ToNumber().Uint32Value(), info[2].ToNumber().Uint32Value(),
                        info[3].ToNumber().Uint32Value()};
  const std::uint64_t bytes = std::uint64_t{picture.width} * picture.height * picture.channels;
  if (!egide::valid({picture.width, picture.height, picture.channels, egide::PdqMode::full_res}) ||
      picture.pixels.size() != bytes)
    throw Napi::RangeError::New(info.Env(), "the byte count does not fit the size of the picture");
  return picture;
}

egide::PdqMode mode_of(const Napi::Value& value) {
  return value.ToNumber().Uint32Value() == 0 ? egide::PdqMode::full_res : egide::PdqMode::reference_cpp;
}

Napi::Object packed(Napi::Env env, const egide::PdqResult& result) {
  const auto bytes = [&](const egide::PdqOrientationHashes& hashes) {
    auto array = Napi::Uint8Array::New(env, hashes.size());
    std::memcpy(array.Data(), hashes.data(), hashes.size());
    return array;
  };
  auto value = Napi::Object::New(env);
  value.Set("hashes", bytes(result.orientations));
  value.Set("turned", bytes(result.turned));
  value.Set("quality", result.quality);
  return value;
}

// pdq(pixels, width, height, channels, mode, kernel?) -> { hashes, turned, quality }
Napi::Value pdq(const Napi::CallbackInfo& info) {
  const Picture picture = picture_of(info);
  const std::string name = info[5].IsString() ? info[5].As<Napi::String>().Utf8Value() : std::string();
  try {
    return packed(info.Env(),
                  hash(picture.stored(1), mode_of(info[4]), kernel_named(egide::kernels::pdq_kernels(), name)));
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory");
  }
}

// Hashes one picture on a libuv thread and settles one promise, exactly once.
class PdqWorker final : public Napi::AsyncWorker {
 public:
  PdqWorker(Napi::Env env, const Picture& picture, std::uint32_t orientation, egide::PdqMode mode)
      : AsyncWorker(env, "egide:pdq"),
        deferred_(Napi::Promise::Deferred::New(env)),
        pixels_(picture.pixels.begin(), picture.pixels.end()),
        stored_(picture.stored(orientation)),
        mode_(mode) {
    stored_.pixels = pixels_.data();
  }

  Napi::Promise start() {
    Queue();
    return deferred_.Promise();
  }

 private:
  void Execute() override {  // worker thread: the core only, no Napi type
    try {
      result_ = hash(stored_, mode_, kernel_named(egide::kernels::pdq_kernels()));
    } catch (const std::bad_alloc&) {
      SetError("out of memory");
    }
  }
  void OnOK() override { deferred_.Resolve(packed(Env(), result_)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  Napi::Promise::Deferred deferred_;
  // A copy: a reference keeps the object alive but not its memory, which JavaScript may transfer away while we read.
  // Copying costs far less than hashing.
  std::vector<std::uint8_t> pixels_;
  egide::StoredPicture stored_;
  egide::PdqMode mode_;
  egide::PdqResult result_{};
};

// pdqAsync(pixels, width, height, channels, mode, orientation) -> Promise<{ hashes, turned, quality }>
Napi::Value pdq_async(const Napi::CallbackInfo& info) {
  const Picture picture = picture_of(info);
  try {
    auto* worker = new PdqWorker(info.Env(), picture, info[5].ToNumber().Uint32Value(),
                                 mode_of(info[4]));  // deletes itself when it has settled
    return worker->start();
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory");
  }
}

// hammingScan(queries, hashes, maxDistance, hits: Uint32Array, kernel?) -> number found
Napi::Value hamming_scan(const Napi::CallbackInfo& info) {
  const auto queries = bytes_of(info[0]), hashes = bytes_of(info[1]);
  if (!info[3].IsTypedArray() || info[3].As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
    throw Napi::TypeError::New(info.Env(), "expected a Uint32Array");
  auto out = info[3].As<Napi::Uint32Array>();
  const std::string name = info[4].IsString() ? info[4].As<Napi::String>().Utf8Value() : std::string();
  static_assert(sizeof(egide::HammingHit) == 3 * sizeof(std::uint32_t));
  const std::span<egide::HammingHit> hits(reinterpret_cast<egide::HammingHit*>(out.Data()), out.ElementLength() / 3);
  const std::uint64_t found = egide::hamming_scan(queries, hashes, info[2].ToNumber().Uint32Value(), hits,
                                                  kernel_named(egide::kernels::hamming_kernels(), name));
  return Napi::Number::New(info.Env(), static_cast<double>(found));
}

// kernels() -> names of those that this machine runs, fastest first
Napi::Value kernels(const Napi::CallbackInfo& info) {
  auto names = Napi::Array::New(info.Env());
  for (const PdqKernel& kernel : egide::kernels::pdq_kernels())
    if (kernel.available()) names.Set(names.Length(), kernel.name);
  return names;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("kernels", Napi::Function::New(env, kernels));
  exports.Set("pdq", Napi::Function::New(env, pdq));
  exports.Set("pdqAsync", Napi::Function::New(env, pdq_async));
  exports.Set("hammingScan", Napi::Function::New(env, hamming_scan));
  return exports;
}

}  // namespace

NODE_API_MODULE(egide, initialise)
