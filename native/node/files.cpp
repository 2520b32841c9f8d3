// Files mapped into memory: every process and worker that maps one shares the same physical pages, and opening takes
// microseconds whatever the size. JavaScript gets a handle, not an ArrayBuffer: nothing there can write to the pages,
// files above 4 GiB work (Node 20 makes no larger ArrayBuffer around foreign memory, and Electron none at all), and a
// thread that searches keeps the pages when the handle is given up.
#include <napi.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "node/addon.hpp"
#include "node/arguments.hpp"

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace egide::node {
namespace {

// The pages of one file, until the last owner lets go.
class Pages {
 public:
  Pages(const std::uint8_t* begin, std::size_t size) noexcept : bytes_(begin, size) {}
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() {
#if defined(_WIN32)
    UnmapViewOfFile(bytes_.data());
#else
    munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
#endif
  }

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

std::error_code last_error() noexcept { return {static_cast<int>(GetLastError()), std::system_category()}; }

// A view outlives the handles that it was made with.
std::shared_ptr<const Pages> map_pages(const Napi::String& path, std::error_code& error) {
  const std::u16string name = path.Utf16Value();
  const Handle file(CreateFileW(reinterpret_cast<const wchar_t*>(name.c_str()), GENERIC_READ,
                                FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                                nullptr));
  LARGE_INTEGER size{};
  if (!file || !GetFileSizeEx(file.get(), &size)) return error = last_error(), nullptr;
  if (!std::in_range<std::size_t>(size.QuadPart)) return error = make_error_code(std::errc::file_too_large), nullptr;
  const Handle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!mapping) return error = last_error(), nullptr;
  const void* begin = MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, 0);
  if (begin == nullptr) return error = last_error(), nullptr;
  return std::make_shared<const Pages>(static_cast<const std::uint8_t*>(begin),
                                       static_cast<std::size_t>(size.QuadPart));
}

#else

std::error_code last_error() noexcept { return {errno, std::system_category()}; }

// Private, because some file systems refuse shared mappings (FUSE with direct_io); pages that are only read are the
// same physical ones either way.
std::shared_ptr<const Pages> map_open_file(int file, std::error_code& error) {
  struct stat status{};
  if (fstat(file, &status) != 0) return error = last_error(), nullptr;
  if (!S_ISREG(status.st_mode)) return error = make_error_code(std::errc::no_such_device), nullptr;
  if (!std::in_range<std::size_t>(status.st_size)) return error = make_error_code(std::errc::file_too_large), nullptr;
  const auto size = static_cast<std::size_t>(status.st_size);
  const void* begin = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (begin == MAP_FAILED) return error = last_error(), nullptr;
  return std::make_shared<const Pages>(static_cast<const std::uint8_t*>(begin), size);
}

std::shared_ptr<const Pages> map_pages(const Napi::String& path, std::error_code& error) {
  const int file = open(path.Utf8Value().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not make us wait
  if (file < 0) return error = last_error(), nullptr;
  auto pages = map_open_file(file, error);
  close(file);  // the mapping stays
  return pages;
}

#endif

using PagesHandle = Napi::External<std::shared_ptr<const Pages>>;
constexpr napi_type_tag kPagesTag = {0x8f0d3bb8a1c14d5e, 0xb1f6f2a0c7e94a63};  // random: marks our handles

bool is_pages(const Napi::Value& value) {
  return value.IsExternal() && value.As<PagesHandle>().CheckTypeTag(&kPagesTag);
}

std::shared_ptr<const Pages>& pages_of(const Napi::Value& value) {
  if (!is_pages(value)) throw Napi::TypeError::New(value.Env(), "expected a mapped file");
  return *value.As<PagesHandle>().Data();
}

// mapFile(path) -> { pages, byteLength }
Napi::Value map_file(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "expected a path");
  std::error_code error;
  auto pages = map_pages(info[0].As<Napi::String>(), error);
  if (!pages) throw Napi::Error::New(info.Env(), error.message());
  const auto size = static_cast<double>(pages->bytes().size());
  auto owned = std::make_unique<std::shared_ptr<const Pages>>(std::move(pages));
  auto handle =
      PagesHandle::New(info.Env(), owned.get(), [](Napi::Env, std::shared_ptr<const Pages>* owner) { delete owner; });
  owned.release();  // the handle's now  NOLINT(bugprone-unused-return-value)
  handle.TypeTag(&kPagesTag);
  auto value = Napi::Object::New(info.Env());
  value.Set("pages", handle);
  value.Set("byteLength", size);
  return value;
}

// unmapFile(pages): they go at once, or when the last thread that searches them is done.
Napi::Value unmap_file(const Napi::CallbackInfo& info) {
  pages_of(info[0]).reset();
  return info.Env().Undefined();
}

}  // namespace

Memory memory_of(const Napi::Value& value) {
  if (value.IsArrayBuffer()) {
    auto buffer = value.As<Napi::ArrayBuffer>();
    return {{static_cast<const std::uint8_t*>(buffer.Data()), buffer.ByteLength()}, nullptr};
  }
  if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    void* data = nullptr;
    const napi_status status = napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr);
    if (status != napi_ok) throw Napi::Error::New(value.Env());
    return {{static_cast<const std::uint8_t*>(data), array.ByteLength()}, nullptr};
  }
  const std::shared_ptr<const Pages>& pages = pages_of(value);
  if (!pages) throw Napi::Error::New(value.Env(), "this file was unmapped");
  return {pages->bytes(), pages};
}

void export_files(Napi::Object exports) {
  exports.Set("mapFile", Napi::Function::New(exports.Env(), map_file));
  exports.Set("unmapFile", Napi::Function::New(exports.Env(), unmap_file));
}

}  // namespace egide::node
