// SPDX-License-Identifier: MIT
/// @file
/// Stores that pass the cache.
#pragma once

#include <ampsft/core/compat/intrinsics.hpp>
#include <ampsft/simd/level.hpp>

#include <cstring>

namespace ampsft::simd::detail {

/// Copies 64 bytes, `to` on a line boundary, past the cache.
inline void stream_line(void* to, const void* from) noexcept {
#if defined(AMPSFT_SIMD_X86)
  for (int i = 0; i < 4; ++i) {
    _mm_stream_si128(static_cast<__m128i*>(to) + i, _mm_loadu_si128(static_cast<const __m128i*>(from) + i));
  }
#else
  std::memcpy(to, from, 64);
#endif
}

/// Makes streamed stores visible before anything that this thread does next.
inline void streaming_fence() noexcept {
#if defined(AMPSFT_SIMD_X86)
  _mm_sfence();
#endif
}

}  // namespace ampsft::simd::detail
