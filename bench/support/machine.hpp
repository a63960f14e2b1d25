// SPDX-License-Identifier: MIT
/// @file
/// What figures have to say about where they were taken.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/version.hpp>
#include <ampsft/simd/level.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "support/limits.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace bench {

/// The processor's name, as the system gives it.
inline std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) {
      return line.substr(std::min(line.find(':') + 2, line.size()));
    }
  }
  return "unknown processor";
}

/// Processes that wanted to run in the last minute, on average; this one not counted where it has just begun.
inline double machine_load() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

inline nlohmann::json machine() {
  nlohmann::json out;
  out["processor"] = processor_name();
  out["cores"] = std::thread::hardware_concurrency();
#if defined(_SC_LEVEL3_CACHE_SIZE)
  out["cache_bytes"] = {{"l1d", sysconf(_SC_LEVEL1_DCACHE_SIZE)},
                        {"l2", sysconf(_SC_LEVEL2_CACHE_SIZE)},
                        {"l3", sysconf(_SC_LEVEL3_CACHE_SIZE)}};
#endif
  out["level"] = ampsft::simd::name(ampsft::simd::level());
  out["processor_level"] = ampsft::simd::name(processor_level());
  out["load_at_start"] = machine_load();
#if defined(__clang__)
  out["compiler"] = "Clang " __clang_version__;
#elif defined(__VERSION__)
  out["compiler"] = "GCC " __VERSION__;
#endif
  out["ampsft"] = AMPSFT_VERSION;
  if (const char* forced = std::getenv("OPENBLAS_CORETYPE")) {
    out["openblas_coretype"] = forced;
  }
  return out;
}

}  // namespace bench
