// PDQ for Node, at once or on a libuv thread.
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/image/upright.hpp"
#include "core/kernels/choose.hpp"
#include "core/pdq/pdq.hpp"
#include "node/addon.hpp"
#include "node/arguments.hpp"

namespace egide::node {
namespace {

using kernels::kernel_named;
using kernels::PdqKernel;

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
constexpr std::uint32_t kTurnedRows = 4 * kernels::kBandRows;

PdqResult hash(const StoredPicture& stored, PdqMode mode, const PdqKernel& kernel) {
  thread_local Scratch scratch;
  const PdqPicture seen{stored.seen_width(), stored.seen_height(), stored.channels, mode};
  PdqHasher hasher(seen, kernel, scratch.of(PdqHasher::scratch_bytes(seen, kernel)));
  if (stored.orientation == 1) {
    hasher.rows(stored.pixels, stored.height);
  } else {
    std::vector<std::uint8_t> rows(std::size_t{kTurnedRows} * seen.width * seen.channels);
    for (std::uint32_t y = 0; y < seen.height; y += kTurnedRows) {
      const std::uint32_t count = std::min(kTurnedRows, seen.height - y);
      upright_rows(stored, y, count, rows.data());
      hasher.rows(rows.data(), count);
    }
  }
  const PdqResult result = hasher.finish();
  scratch.shrink();
  return result;
}

struct Picture {
  std::span<const std::uint8_t> pixels;
  std::uint32_t width, height, channels;

  StoredPicture stored(std::uint32_t orientation) const {
    return {pixels.data(), width, height, channels, orientation};
  }
};

// The first four arguments: pixels, width, height, channels.
Picture picture_of(const Napi::CallbackInfo& info) {
  const Picture picture{bytes_of(info[0]), info[1].ToNumber().Uint32Value(), info[2].ToNumber().Uint32Value(),
                        info[3].ToNumber().Uint32Value()};
  const std::uint64_t bytes = std::uint64_t{picture.width} * picture.height * picture.channels;
  if (!valid({picture.width, picture.height, picture.channels, PdqMode::full_res}) || picture.pixels.size() != bytes)
    throw Napi::RangeError::New(info.Env(), "the byte count does not fit the size of the picture");
  return picture;
}

PdqMode mode_of(const Napi::Value& value) {
  return value.ToNumber().Uint32Value() == 0 ? PdqMode::full_res : PdqMode::reference_cpp;
}

Napi::Object packed(Napi::Env env, const PdqResult& result) {
  const auto bytes = [&](const PdqOrientationHashes& hashes) {
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
  const std::string name = text_of(info[5]);
  try {
    return packed(info.Env(), hash(picture.stored(1), mode_of(info[4]), kernel_named(kernels::pdq_kernels(), name)));
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory");
  }
}

// Hashes one picture on a libuv thread and settles one promise, exactly once.
class PdqWorker final : public Napi::AsyncWorker {
 public:
  PdqWorker(Napi::Env env, const Picture& picture, std::uint32_t orientation, PdqMode mode)
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
      result_ = hash(stored_, mode_, kernel_named(kernels::pdq_kernels()));
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
  StoredPicture stored_;
  PdqMode mode_;
  PdqResult result_{};
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

// kernels() -> names of those that this machine runs, fastest first
Napi::Value kernel_names(const Napi::CallbackInfo& info) {
  auto names = Napi::Array::New(info.Env());
  for (const PdqKernel& kernel : kernels::pdq_kernels())
    if (kernel.available()) names.Set(names.Length(), kernel.name);
  return names;
}

}  // namespace

void export_pdq(Napi::Object exports) {
  exports.Set("kernels", Napi::Function::New(exports.Env(), kernel_names));
  exports.Set("pdq", Napi::Function::New(exports.Env(), pdq));
  exports.Set("pdqAsync", Napi::Function::New(exports.Env(), pdq_async));
}

}  // namespace egide::node
