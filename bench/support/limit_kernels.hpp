// SPDX-License-Identifier: MIT
/// @file
/// The loops whose speed is the machine's limit: filling, reading, multiply-adds; for any build of the program, because
/// each carries its instruction set as an attribute and is chosen at run time.
///
/// Arrays are counted in lines of 64 bytes and start on one.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/simd/level.hpp>

#include <cstdint>
#include <type_traits>

#if defined(AMPSFT_SIMD_X86)
#include <immintrin.h>
#endif

namespace bench {

using ampsft::Index;

inline constexpr Index line_bytes = 64;
inline constexpr float fill_value = 1.0F;

namespace plain {

inline void fill(float* to, Index lines) noexcept {
  std::fill_n(to, lines * 16, fill_value);
}

inline std::uint64_t read(const std::uint64_t* from, Index lines) noexcept {
  std::uint64_t sum[32] = {};  // as many as the compiler needs to vectorise without waiting for a sum
  const Index words = lines * 8;
  Index i = 0;
  for (; i + 32 <= words; i += 32) {
    for (Index j = 0; j < 32; ++j) {
      sum[j] ^= from[i + j];
    }
  }
  for (; i < words; ++i) {
    sum[0] ^= from[i];
  }
  for (Index j = 1; j < 32; ++j) {
    sum[0] ^= sum[j];
  }
  return sum[0];
}

/// Returns what keeps the sums alive; 64 sums, `steps` multiply-adds each.
template <class T>
[[gnu::noinline]] T multiply_add(Index steps) noexcept {
  T sum[64];
  for (Index j = 0; j < 64; ++j) {
    sum[j] = static_cast<T>(0.01) * static_cast<T>(j);
  }
  const auto factor = static_cast<T>(0.999);
  for (Index i = 0; i < steps; ++i) {
    for (Index j = 0; j < 64; ++j) {
      sum[j] = sum[j] * factor + factor;
    }
  }
  for (Index j = 1; j < 64; ++j) {
    sum[0] += sum[j];
  }
  return sum[0];
}

}  // namespace plain

#if defined(AMPSFT_SIMD_X86)
// One body for both widths: `sums` registers hide the latency of two multiply-add units and leave one for the factor.
// They start unequal, because a compiler computes equal ones once.
#define BENCH_LIMIT_KERNELS(space, isa, reg, intreg, bytes, sums, set1, stream, store, load, xor_, zero, fma, regd, \
                            set1d, fmad)                                                                            \
  namespace space {                                                                                                 \
  [[gnu::target(isa), gnu::noinline]] inline void fill_past_cache(float* to, Index lines) noexcept {                \
    const reg value = set1(fill_value);                                                                             \
    for (float* const end = to + lines * 16; to < end; to += (bytes) / 4) {                                         \
      stream(to, value);                                                                                            \
    }                                                                                                               \
    _mm_sfence();                                                                                                   \
  }                                                                                                                 \
  [[gnu::target(isa), gnu::noinline]] inline void fill(float* to, Index lines) noexcept {                           \
    const reg value = set1(fill_value);                                                                             \
    for (float* const end = to + lines * 16; to < end; to += (bytes) / 4) {                                         \
      store(to, value);                                                                                             \
    }                                                                                                               \
  }                                                                                                                 \
  [[gnu::target(isa), gnu::noinline]] inline std::uint64_t read(const std::uint64_t* from, Index lines) noexcept {  \
    const auto* at = reinterpret_cast<const char*>(from);                                                           \
    const char* const end = at + lines * line_bytes;                                                                \
    intreg a = zero();                                                                                              \
    intreg b = zero();                                                                                              \
    intreg c = zero();                                                                                              \
    intreg d = zero();                                                                                              \
    for (; at + 4 * (bytes) <= end; at += 4 * (bytes)) {                                                            \
      for (Index ahead = 512; ahead < 512 + 4 * (bytes); ahead += line_bytes) {                                     \
        _mm_prefetch(at + ahead, _MM_HINT_T0); /* 5 % more from memory; past the end it does nothing */             \
      }                                                                                                             \
      a = xor_(a, load(reinterpret_cast<const intreg*>(at)));                                                       \
      b = xor_(b, load(reinterpret_cast<const intreg*>(at + (bytes))));                                             \
      c = xor_(c, load(reinterpret_cast<const intreg*>(at + 2 * (bytes))));                                         \
      d = xor_(d, load(reinterpret_cast<const intreg*>(at + 3 * (bytes))));                                         \
    }                                                                                                               \
    for (; at < end; at += (bytes)) {                                                                               \
      a = xor_(a, load(reinterpret_cast<const intreg*>(at)));                                                       \
    }                                                                                                               \
    alignas(64) std::uint64_t out[8] = {};                                                                          \
    __builtin_memcpy(out, &(a = xor_(xor_(a, b), xor_(c, d))), sizeof a);                                           \
    return out[0] ^ out[1] ^ out[2] ^ out[3];                                                                       \
  }                                                                                                                 \
  [[gnu::target(isa), gnu::noinline]] inline float multiply_add(Index steps, float) noexcept {                      \
    reg sum[sums];                                                                                                  \
    const reg factor = set1(0.999F);                                                                                \
    _Pragma("GCC unroll 32") for (Index j = 0; j < (sums); ++j) {                                                   \
      sum[j] = set1(0.01F * static_cast<float>(j));                                                                 \
    }                                                                                                               \
    for (Index i = 0; i < steps; ++i) {                                                                             \
      _Pragma("GCC unroll 32") for (Index j = 0; j < (sums); ++j) {                                                 \
        sum[j] = fma(sum[j], factor, factor);                                                                       \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("GCC unroll 32") for (Index j = 1; j < (sums); ++j) {                                                   \
      sum[0] = fma(sum[j], factor, sum[0]);                                                                         \
    }                                                                                                               \
    float out = 0;                                                                                                  \
    __builtin_memcpy(&out, &sum[0], sizeof out);                                                                    \
    return out;                                                                                                     \
  }                                                                                                                 \
  [[gnu::target(isa), gnu::noinline]] inline double multiply_add(Index steps, double) noexcept {                    \
    regd sum[sums];                                                                                                 \
    const regd factor = set1d(0.999);                                                                               \
    _Pragma("GCC unroll 32") for (Index j = 0; j < (sums); ++j) {                                                   \
      sum[j] = set1d(0.01 * static_cast<double>(j));                                                                \
    }                                                                                                               \
    for (Index i = 0; i < steps; ++i) {                                                                             \
      _Pragma("GCC unroll 32") for (Index j = 0; j < (sums); ++j) {                                                 \
        sum[j] = fmad(sum[j], factor, factor);                                                                      \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("GCC unroll 32") for (Index j = 1; j < (sums); ++j) {                                                   \
      sum[0] = fmad(sum[j], factor, sum[0]);                                                                        \
    }                                                                                                               \
    double out = 0;                                                                                                 \
    __builtin_memcpy(&out, &sum[0], sizeof out);                                                                    \
    return out;                                                                                                     \
  }                                                                                                                 \
  }
BENCH_LIMIT_KERNELS(avx2, "avx2,fma", __m256, __m256i, 32, 12, _mm256_set1_ps, _mm256_stream_ps, _mm256_store_ps,
                    _mm256_load_si256, _mm256_xor_si256, _mm256_setzero_si256, _mm256_fmadd_ps, __m256d, _mm256_set1_pd,
                    _mm256_fmadd_pd)
BENCH_LIMIT_KERNELS(avx512, "avx512f", __m512, __m512i, 64, 24, _mm512_set1_ps, _mm512_stream_ps, _mm512_store_ps,
                    _mm512_load_si512, _mm512_xor_si512, _mm512_setzero_si512, _mm512_fmadd_ps, __m512d, _mm512_set1_pd,
                    _mm512_fmadd_pd)
#undef BENCH_LIMIT_KERNELS
#endif

}  // namespace bench
