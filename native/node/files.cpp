// Files mapped into memory: every process and worker that maps one shares the same physical pages, and opening takes
// microseconds whatever the size. JavaScript gets a handle, not an ArrayBuffer: nothing there can write to the pages,
// and files above 4 GiB work (Node 20 makes no larger ArrayBuffer around foreign memory, and Electron none at all).
#include <napi.h>

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "node/addon.hpp"
#include "node/arguments.hpp"

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace egide::node {
namespace {

// The pages of one file.
class Pages {
 public:
  explicit Pages(std::span<const std::uint8_t> mapped) noexcept : bytes_(mapped) {}
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { unmap(); }

  void unmap() noexcept {
    if (bytes_.empty()) return;
#if defined(_WIN32)
    UnmapViewOfFile(bytes_.data());
#else
    munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
#endif
    bytes_ = {};
  }

  // Empty when there are none, or no more: an empty file cannot be mapped.
  std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::uint8_t> bytes_;
};

#if defined(_WIN32)

class Handle {
 public:
  explicit Handle(HANDLE handle) noexcept : handle_(handle) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (*this) CloseHandle(handle_);
  }
  explicit operator bool() const noexcept { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const noexcept { return handle_; }

 private:
  HANDLE handle_;
};

// A view outlives the handles that it was made with. Nobody else may write to the file meanwhile.
std::span<const std::uint8_t> map_pages(const Napi::String& path) {
  const std::u16string name = path.Utf16Value();
  const Handle file(CreateFileW(reinterpret_cast<const wchar_t*>(name.c_str()), GENERIC_READ,
                                FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                                nullptr));
  LARGE_INTEGER size{};
  if (!file || !GetFileSizeEx(file.get(), &size) || !std::in_range<std::size_t>(size.QuadPart)) return {};
  const Handle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!mapping) return {};
  const void* begin = MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, 0);
  if (begin == nullptr) return {};
  return {static_cast<const std::uint8_t*>(begin), static_cast<std::size_t>(size.QuadPart)};
}

#else

class Descriptor {
 public:
  explicit Descriptor(int file) noexcept : file_(file) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (file_ >= 0) close(file_);
  }
  int get() const noexcept { return file_; }

 private:
  int file_;
};

// A mapping outlives the descriptor that it was made with. Private, because some file systems refuse shared ones (FUSE
// with direct_io); pages that are only read are the same physical ones either way.
std::span<const std::uint8_t> map_pages(const Napi::String& path) {
  const Descriptor file(open(path.Utf8Value().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // no wait for a pipe
  struct stat status{};
  if (file.get() < 0 || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (!std::in_range<std::size_t>(status.st_size)) return {};
  const auto size = static_cast<std::size_t>(status.st_size);
  const void* begin = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (begin == MAP_FAILED) return {};
  return {static_cast<const std::uint8_t*>(begin), size};
}

#endif

using PagesHandle = Napi::External<Pages>;
constexpr napi_type_tag kPagesTag = {0x8f0d3bb8a1c14d5e, 0xb1f6f2a0c7e94a63};  // random: marks our handles

Pages& pages_of(const Napi::Value& value) {
  if (!value.IsExternal() || !value.As<PagesHandle>().CheckTypeTag(&kPagesTag))
    throw Napi::TypeError::New(value.Env(), "expected a mapped file");
  return *value.As<PagesHandle>().Data();
}

// mapFile(path) -> { pages, byteLength }, or undefined: why not, who reads the file instead will tell if it matters
Napi::Value map_file(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "expected a path");
  auto pages = std::make_unique<Pages>(map_pages(info[0].As<Napi::String>()));
  if (pages->bytes().empty()) return info.Env().Undefined();
  auto value = Napi::Object::New(info.Env());
  value.Set("byteLength", static_cast<double>(pages->bytes().size()));
  // The collector, or the end of the thread, unmaps what was forgotten.
  auto handle = PagesHandle::New(info.Env(), pages.get(), [](Napi::Env, Pages* forgotten) { delete forgotten; });
  pages.release();  // the handle's now  NOLINT(bugprone-unused-return-value)
  handle.TypeTag(&kPagesTag);
  value.Set("pages", handle);
  return value;
}

// unmapFile(pages): they go at once.
Napi::Value unmap_file(const Napi::CallbackInfo& info) {
  pages_of(info[0]).unmap();
  return info.Env().Undefined();
}

}  // namespace

std::span<const std::uint8_t> memory_of(const Napi::Value& value) {
  if (value.IsArrayBuffer()) {
    auto buffer = value.As<Napi::ArrayBuffer>();
    return {static_cast<const std::uint8_t*>(buffer.Data()), buffer.ByteLength()};
  }
  if (value.IsTypedArray()) {
    void* data = nullptr;
    if (napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok)
      throw Napi::Error::New(value.Env());
    return {static_cast<const std::uint8_t*>(data), value.As<Napi::TypedArray>().ByteLength()};
  }
  const auto bytes = pages_of(value).bytes();
  if (bytes.empty()) throw Napi::Error::New(value.Env(), "this file was unmapped");
  return bytes;
}

void export_files(Napi::Object exports) {
  exports.Set("mapFile", Napi::Function::New(exports.Env(), map_file));
  exports.Set("unmapFile", Napi::Function::New(exports.Env(), unmap_file));
}

}  // namespace egide::node
