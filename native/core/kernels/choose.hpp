// Which kernel of a table runs.
#pragma once

#include <span>
#include <string_view>

namespace egide::kernels {

/// The kernel of that name, or with no name the fastest, among those that this machine runs; the last, scalar, if there
/// is none such.
template <typename Kernel>
const Kernel& kernel_named(std::span<const Kernel> kernels, std::string_view name = {}) noexcept {
  for (const Kernel& kernel : kernels)
    if (kernel.available() && (name.empty() || name == kernel.name)) return kernel;
  return kernels.back();
}

}  // namespace egide::kernels
