// SPDX-License-Identifier: MIT
/// @file
/// The most memory that this process held.
#pragma once

#include <cstdint>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#endif

namespace ampsft::detail {

/// Bytes, the pages of mapped files included; 0 where the system does not say.
[[nodiscard]] inline std::int64_t peak_memory() noexcept {
#if defined(__APPLE__)
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::int64_t>(usage.ru_maxrss) : 0;
#elif defined(__unix__)
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::int64_t>(usage.ru_maxrss) * 1024 : 0;
#else
  return 0;
#endif
}

}  // namespace ampsft::detail
