// SPDX-License-Identifier: MIT
/// @file
/// The choice among the architectures at run time, as those who call kernels see it. Programs with the compiled library
/// read no kernel: detail/dispatch.hpp has them.
#pragma once

#include <ampsft/simd/detail/arguments.hpp>
#include <ampsft/simd/detail/attention_arguments.hpp>
#include <ampsft/simd/detail/math_arguments.hpp>
#include <ampsft/simd/level.hpp>

namespace ampsft::simd::detail {

/// Calls `body` with the tag of the level in use.
template <class Body>
void with_level(Body&& body);

/// Whether the processor itself converts floats to bfloat16 (AVX512-BF16).
inline bool converts_bf16() noexcept {
#if defined(AMPSFT_SIMD_X86)
  static const bool has = __builtin_cpu_supports("avx512bf16") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace ampsft::simd::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/simd/detail/dispatch.hpp>
#endif
