// SPDX-License-Identifier: MIT
/// @file
/// The memory that a piece of work takes, as the system counts it.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>

#include <malloc.h>

#include <fstream>
#include <string>
#include <string_view>

namespace bench {

/// A line of /proc/self/status in bytes: "VmRSS:" is what is resident, "VmHWM:" the peak.
inline ampsft::Index status_bytes(std::string_view key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (word == key) {
      ampsft::Index kib = 0;
      file >> kib;
      return kib * 1024;
    }
  }
  ampsft::fail("/proc/self/status has no line ", key);
}

/// The peak of what is resident while `work` runs, above what was before, in bytes. Memory that earlier work gave back
/// is returned to the system first, so that it counts again.
template <class Work>
[[nodiscard]] ampsft::Index peak_bytes(Work&& work) {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
  const ampsft::Index before = status_bytes("VmRSS:");
  work();
  return status_bytes("VmHWM:") - before;
}

}  // namespace bench
