// SPDX-License-Identifier: MIT
/// @file
/// Which instruction set the kernels use: found at run time, in a build with or without architecture flags.
#pragma once

#include <ampsft/core/error.hpp>

#include <atomic>
#include <cstdlib>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#define AMPSFT_SIMD_X86 1
#elif defined(__aarch64__)
#define AMPSFT_SIMD_NEON 1
#endif

namespace ampsft::simd {

/// The instruction sets that there are kernels for.
enum class Level {
  scalar,  ///< plain C++, for every processor: the oracle of the others
  neon,    ///< AArch64
  avx2,    ///< x86-64 with AVX2 and FMA
  avx512,  ///< x86-64 with AVX-512 F, BW, DQ, VL
};

/// "scalar", "neon", "avx2" or "avx512".
[[nodiscard]] constexpr std::string_view name(Level level) noexcept {
  switch (level) {
    case Level::neon:
      return "neon";
    case Level::avx2:
      return "avx2";
    case Level::avx512:
      return "avx512";
    case Level::scalar:
      break;
  }
  return "scalar";
}

/// The levels that this processor can run, the slowest first.
[[nodiscard]] inline std::vector<Level> levels() {
  std::vector<Level> found{Level::scalar};
#if defined(AMPSFT_SIMD_X86)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    found.push_back(Level::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      found.push_back(Level::avx512);
    }
  }
#elif defined(AMPSFT_SIMD_NEON)
  found.push_back(Level::neon);
#endif
  return found;
}

namespace detail {

/// The fastest level, or the one that the environment variable AMPSFT_SIMD names.
inline Level first_level() {
  const std::vector<Level> found = levels();
  if (const char* wanted = std::getenv("AMPSFT_SIMD")) {
    for (const Level level : found) {
      if (name(level) == wanted) {
        return level;
      }
    }
  }
  return found.back();
}

inline std::atomic<Level>& current_level() {
  static std::atomic<Level> level{first_level()};
  return level;
}

}  // namespace detail

/// The level in use: the fastest of `levels()`, unless the environment variable AMPSFT_SIMD names another of them when
/// the first kernel runs, or `set_level` was called.
[[nodiscard]] inline Level level() noexcept {
  return detail::current_level().load(std::memory_order_relaxed);
}

/// Makes all kernels of the program use `wanted` from their next call on. Throws `Error` if this processor lacks it.
inline void set_level(Level wanted) {
  std::string_view known;
  for (const Level found : levels()) {
    if (found == wanted) {
      detail::current_level().store(wanted, std::memory_order_relaxed);
      return;
    }
    known = name(found);
  }
  throw Error(concat("this processor cannot run the ", name(wanted), " kernels; its fastest are ", known));
}

}  // namespace ampsft::simd
