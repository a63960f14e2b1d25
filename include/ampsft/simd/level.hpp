// SPDX-License-Identifier: MIT
/// @file
/// Which instruction set the kernels use: found at run time, in a build with or without architecture flags.
#pragma once

#include <ampsft/core/error.hpp>

#include <atomic>
#include <cstdlib>
#include <string>
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

/// The lowest level that there are kernels of. The compiler's flags may ask for more than a plain processor has
/// (`-march`): the program runs on no other then, and kernels below are not compiled.
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
inline constexpr Level least_level = Level::avx512;
#elif defined(__AVX2__) && defined(__FMA__)
inline constexpr Level least_level = Level::avx2;
#else
inline constexpr Level least_level = Level::scalar;
#endif

/// The levels that this processor can run and that this program was compiled with, the slowest first.
[[nodiscard]] inline std::vector<Level> levels() {
  std::vector<Level> found{least_level};
#if defined(AMPSFT_SIMD_X86)
  __builtin_cpu_init();
  if (least_level < Level::avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    found.push_back(Level::avx2);
  }
  if (found.back() == Level::avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    found.push_back(Level::avx512);
  }
#elif defined(AMPSFT_SIMD_NEON)
  found.push_back(Level::neon);
#endif
  return found;
}

namespace detail {

/// Throws for a level that is none of `levels()`.
[[noreturn]] inline void fail_level(std::string_view asked, std::string_view wanted) {
  std::string known;
  for (const Level found : levels()) {
    known += (known.empty() ? "" : ", ") + std::string(name(found));
  }
  throw Error(concat(asked, wanted, ", but this processor and this program have kernels for ", known, " alone"));
}

/// The fastest level, or the one that the environment variable AMPSFT_SIMD names.
inline Level first_level() {
  const std::vector<Level> found = levels();
  const char* const wanted = std::getenv("AMPSFT_SIMD");
  if (wanted == nullptr || *wanted == '\0') {
    return found.back();
  }
  for (const Level level : found) {
    if (name(level) == wanted) {
      return level;
    }
  }
  fail_level("AMPSFT_SIMD is ", wanted);
}

inline std::atomic<Level>& current_level() {
  static std::atomic<Level> level{first_level()};
  return level;
}

}  // namespace detail

/// The level in use: the fastest of `levels()`, unless the environment variable AMPSFT_SIMD names another of them when
/// the first kernel runs, or `set_level` was called. Throws `Error` if the variable names none of them.
[[nodiscard]] inline Level level() {
  return detail::current_level().load(std::memory_order_relaxed);
}

/// Makes all kernels of the program use `wanted` from their next call on. Throws `Error` if it is none of `levels()`.
inline void set_level(Level wanted) {
  for (const Level found : levels()) {
    if (found == wanted) {
      detail::current_level().store(wanted, std::memory_order_relaxed);
      return;
    }
  }
  detail::fail_level("the kernels are to be those of ", name(wanted));
}

}  // namespace ampsft::simd
