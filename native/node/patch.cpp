// Patches for Node, at once or on a libuv thread.
#include <napi.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/image/upright.hpp"
#include "core/kernels/choose.hpp"
#include "core/patch/compare.hpp"
#include "core/patch/extract.hpp"
#include "core/patch/patches_format.hpp"
#include "core/patch/record.hpp"
#include "node/addon.hpp"
#include "node/arguments.hpp"

namespace egide::node {
namespace {

using kernels::PatchKernel;

// Rows of a turned picture that are made at a time.
constexpr std::uint32_t kTurnedRows = 128;

struct Extraction {
  StoredPicture stored;
  WorkingSize size;
  std::uint32_t max_features;
};

std::vector<std::uint8_t> extracted(const Extraction& wanted, const PatchKernel& kernel) {
  const StoredPicture& stored = wanted.stored;
  const std::uint32_t width = stored.seen_width(), height = stored.seen_height();
  WorkingPicture working(width, height, stored.channels, wanted.size, kernel);
  if (stored.orientation == 1) {
    working.rows(stored.pixels, height);
  } else {
    std::vector<std::uint8_t> rows(std::size_t{kTurnedRows} * width * stored.channels);
    for (std::uint32_t y = 0; y < height; y += kTurnedRows) {
      const std::uint32_t count = std::min(kTurnedRows, height - y);
      upright_rows(stored, y, count, rows.data());
      working.rows(rows.data(), count);
    }
  }
  return write_patches(extract(std::move(working), width, height, wanted.max_features, kernel));
}

// pixels, width, height, channels, orientation, long side, max features, stretch of x, of y
Extraction extraction_of(const Napi::CallbackInfo& info) {
  const auto number = [&](std::size_t i) { return info[i].ToNumber().Uint32Value(); };
  const auto pixels = bytes_of(info[0]);
  const StoredPicture stored{pixels.data(), number(1), number(2), number(3), number(4)};
  const auto in_range = [](std::uint32_t value, std::uint32_t most) { return value >= 1 && value <= most; };
  if (!in_range(stored.width, UINT16_MAX) || !in_range(stored.height, UINT16_MAX) || !in_range(stored.channels, 4) ||
      !in_range(stored.orientation, 8) ||
      pixels.size() != std::uint64_t{stored.width} * stored.height * stored.channels)
    throw Napi::RangeError::New(info.Env(), "the byte count does not fit the size of the picture");
  const std::uint32_t long_side = std::clamp(number(5), kLeastSide, kMaxWorkingSide);
  const WorkingSize size = working_size(stored.seen_width() * info[7].ToNumber().DoubleValue(),
                                        stored.seen_height() * info[8].ToNumber().DoubleValue(), long_side);
  if (!in_range(size.width, kMaxWorkingSide) || !in_range(size.height, kMaxWorkingSide))
    throw Napi::RangeError::New(info.Env(), "the picture is stretched by what is no factor");
  return {stored, size, std::min(number(6), kMaxPatches)};
}

// patchExtract(…extraction, kernel?) -> bytes
Napi::Value patch_extract(const Napi::CallbackInfo& info) {
  const Extraction wanted = extraction_of(info);
  const std::string name = text_of(info[9]);
  return array_of(info.Env(), extracted(wanted, kernels::kernel_named(kernels::patch_kernels(), name)));
}

// Extracts on a libuv thread and settles one promise, exactly once.
class PatchWorker final : public Napi::AsyncWorker {
 public:
  PatchWorker(Napi::Env env, const Extraction& wanted, std::span<const std::uint8_t> pixels)
      : AsyncWorker(env, "egide:patch"),
        deferred_(Napi::Promise::Deferred::New(env)),
        pixels_(pixels.begin(), pixels.end()),
        wanted_(wanted) {
    wanted_.stored.pixels = pixels_.data();
  }

  Napi::Promise start() {
    Queue();
    return deferred_.Promise();
  }

 private:
  void Execute() override {  // worker thread: the core only, no Napi type
    try {
      bytes_ = extracted(wanted_, kernels::kernel_named(kernels::patch_kernels()));
    } catch (const std::bad_alloc&) {
      SetError("out of memory");
    }
  }
  void OnOK() override { deferred_.Resolve(array_of(Env(), bytes_)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  Napi::Promise::Deferred deferred_;
  std::vector<std::uint8_t> pixels_;  // a copy: JavaScript may transfer its own away while we read
  Extraction wanted_;
  std::vector<std::uint8_t> bytes_;
};

// patchExtractAsync(…extraction) -> Promise<bytes>
Napi::Value patch_extract_async(const Napi::CallbackInfo& info) {
  const Extraction wanted = extraction_of(info);
  auto* worker = new PatchWorker(info.Env(), wanted, bytes_of(info[0]));  // deletes itself when it has settled
  return worker->start();
}

// patchRecord(patches, max features, bytes of a code, with grid) -> bytes, or undefined if the first are no patches
Napi::Value patch_record(const Napi::CallbackInfo& info) {
  Patches patches;
  if (!read_patches(bytes_of(info[0]), patches)) return info.Env().Undefined();
  const std::uint32_t code_bytes = info[2].ToNumber().Uint32Value() == 8 ? 8 : 16;
  return array_of(info.Env(), write_record(patches, std::min(info[1].ToNumber().Uint32Value(), kMaxPatches), code_bytes,
                                           info[3].ToBoolean()));
}

// patchRecordOpen(record) -> an error's number, or { codeBytes, count, columns, rows, width, height, stops }
Napi::Value patch_record_open(const Napi::CallbackInfo& info) {
  Record record;
  const RecordError error = read_record(bytes_of(info[0]), record);
  if (error != RecordError::ok) return Napi::Number::New(info.Env(), static_cast<double>(error));
  std::uint32_t stops = 0;
  for (std::uint32_t i = 0; i < record.shape.feature_count; ++i) stops += record.stop(i) ? 1 : 0;
  auto facts = Napi::Object::New(info.Env());
  facts.Set("codeBytes", record.shape.code_bytes);
  facts.Set("count", record.shape.feature_count);
  facts.Set("columns", record.shape.grid_columns);
  facts.Set("rows", record.shape.grid_rows);
  facts.Set("width", record.shape.width);
  facts.Set("height", record.shape.height);
  facts.Set("stops", stops);
  return facts;
}

// patchMatch(patches, record, variants, images) -> numbers of the answer, none if nothing agrees; undefined if the
// first are no patches
Napi::Value patch_match(const Napi::CallbackInfo& info) {
  Patches patches;
  if (!read_patches(bytes_of(info[0]), patches)) return info.Env().Undefined();
  std::vector<double> numbers;
  compare(patches, bytes_of(info[1]), info[2].ToNumber().Uint32Value(), info[3].ToNumber().DoubleValue(), numbers);
  auto array = Napi::Float64Array::New(info.Env(), numbers.size());
  std::copy(numbers.begin(), numbers.end(), array.Data());
  return array;
}

}  // namespace

void export_patch(Napi::Object exports) {
  exports.Set("patchMatch", Napi::Function::New(exports.Env(), guarded<patch_match>));
  exports.Set("patchRecord", Napi::Function::New(exports.Env(), guarded<patch_record>));
  exports.Set("patchRecordOpen", Napi::Function::New(exports.Env(), guarded<patch_record_open>));
  exports.Set("patchExtract", Napi::Function::New(exports.Env(), guarded<patch_extract>));
  exports.Set("patchExtractAsync", Napi::Function::New(exports.Env(), guarded<patch_extract_async>));
}

}  // namespace egide::node
