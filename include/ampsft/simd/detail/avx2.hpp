// SPDX-License-Identifier: MIT
/// @file
/// AVX2 with FMA: 16 registers of 32 bytes.
#pragma once

#include <ampsft/core/compat/intrinsics.hpp>
#include <ampsft/simd/detail/arguments.hpp>
#include <ampsft/simd/detail/attention_arguments.hpp>
#include <ampsft/simd/detail/drop_elements.hpp>
#include <ampsft/simd/detail/math_arguments.hpp>
#include <ampsft/simd/detail/polynomials.hpp>

#if defined(AMPSFT_SIMD_X86)

#define AMPSFT_TARGET __attribute__((target("avx2,fma,prfchw")))

namespace ampsft::simd::detail::avx2 {

inline constexpr Index register_count = 16;
inline constexpr Index tile_rows = 6;
inline constexpr Index tile_registers = 2;
inline constexpr Index dot_accumulators = 12;
inline constexpr Index dot_ranks_at_once = 4;
inline constexpr Index contract_registers_at_once = 2;
inline constexpr Index gram_rows = 4;
inline constexpr Index gram_registers = 3;
inline constexpr Index gemm_rows = 6;
inline constexpr Index gemm_registers = 2;
inline constexpr bool has_pairs = false;
inline constexpr Index attention_accumulators = 12;
inline constexpr Index attention_score_registers = 2;
inline constexpr Index attention_registers = 2;

/// The first `count` of a register's lanes.
struct Lanes {
  __m256i bits;
  Index count;
};

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using Register = __m256;
  using Mask = Lanes;
  static constexpr Index lanes = 8;

  /// Holds a value in a register that the compiler would rather load again for each use (a load port is scarcer).
  AMPSFT_INLINE static void keep(Register& a) noexcept { asm("" : "+x"(a)); }
  AMPSFT_INLINE static Register zero() noexcept { return _mm256_setzero_ps(); }
  AMPSFT_INLINE static Register add(Register a, Register b) noexcept { return _mm256_add_ps(a, b); }
  AMPSFT_INLINE static Register sub(Register a, Register b) noexcept { return _mm256_sub_ps(a, b); }
  AMPSFT_INLINE static Register mul(Register a, Register b) noexcept { return _mm256_mul_ps(a, b); }
  AMPSFT_INLINE static Register fma(Register a, Register b, Register c) noexcept { return _mm256_fmadd_ps(a, b, c); }
  AMPSFT_INLINE static float sum(Register a) noexcept {
    const __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
  }

  AMPSFT_INLINE static Mask first(Index count) noexcept {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return {_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane), count};
  }
  AMPSFT_INLINE static Register load(const float* p) noexcept { return _mm256_loadu_ps(p); }
  AMPSFT_INLINE static Register load(const float* p, Mask m) noexcept { return _mm256_maskload_ps(p, m.bits); }
  AMPSFT_INLINE static Register load(const BFloat16* p) noexcept {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  AMPSFT_INLINE static Register load(const BFloat16* p, Mask m) noexcept {
    BFloat16 part[lanes] = {};
    std::copy_n(p, m.count, part);
    return load(part);
  }

  AMPSFT_INLINE static void store(float* p, Register a) noexcept { _mm256_storeu_ps(p, a); }
  AMPSFT_INLINE static void store(float* p, Register a, Mask m) noexcept { _mm256_maskstore_ps(p, m.bits, a); }
  AMPSFT_INLINE static void stream(float* p, Register a) noexcept { _mm256_stream_ps(p, a); }
  AMPSFT_INLINE static void store(BFloat16* p, Register a, Mask m, bool) noexcept {
    BFloat16 part[2 * lanes];
    store_pair(part, a, a, false, false);
    std::copy_n(part, m.count, p);
  }
  AMPSFT_INLINE static void store_pair(BFloat16* p, Register a, Register b, bool, bool streaming) noexcept {
    // packus takes the halves of both inputs in turn
    const __m256i line = _mm256_permute4x64_epi64(_mm256_packus_epi32(narrow(a), narrow(b)), 0xD8);
    if (streaming) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(p), line);
    } else {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), line);
    }
  }

  /// Adds each lane to a double.
  AMPSFT_INLINE static void add_to(double* p, Register a) noexcept {
    const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(a));
    const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
    _mm256_storeu_pd(p, _mm256_add_pd(_mm256_loadu_pd(p), low));
    _mm256_storeu_pd(p + 4, _mm256_add_pd(_mm256_loadu_pd(p + 4), high));
  }
  AMPSFT_INLINE static Register broadcast(const float* p) noexcept { return _mm256_broadcast_ss(p); }

  /// `p[k] = sum(a[k])`, or added to it, for `Count` <= 4 registers.
  template <Index Count>
  AMPSFT_INLINE static void store_sums(float* p, const Register (&a)[Count], bool accumulate) noexcept {
    const __m256 low = _mm256_hadd_ps(a[0], a[std::min<Index>(1, Count - 1)]);
    const __m256 high = _mm256_hadd_ps(a[std::min<Index>(2, Count - 1)], a[Count - 1]);
    const __m256 sums = _mm256_hadd_ps(low, high);
    const __m128 total = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
    const Mask mask = first(Count);
    const Register wide = _mm256_castps128_ps256(total);
    store(p, accumulate ? add(wide, load(p, mask)) : wide, mask);
  }

 private:
  /// To nearest bfloat16, ties to even, in the low halves of 32-bit lanes.
  AMPSFT_INLINE static __m256i narrow(Register a) noexcept {
    const __m256i bits = _mm256_castps_si256(a);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q));
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    return _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
  }

 public:
  // For functions of single numbers, norms, softmax and attention.
  AMPSFT_INLINE static Register set(float a) noexcept { return _mm256_set1_ps(a); }
  AMPSFT_INLINE static Register div(Register a, Register b) noexcept { return _mm256_div_ps(a, b); }
  AMPSFT_INLINE static Register sqrt(Register a) noexcept { return _mm256_sqrt_ps(a); }
  /// Not a number where `a` is none; `bound` is one.
  AMPSFT_INLINE static Register at_least(Register bound, Register a) noexcept { return _mm256_max_ps(bound, a); }
  AMPSFT_INLINE static Register at_most(Register bound, Register a) noexcept { return _mm256_min_ps(bound, a); }
  AMPSFT_INLINE static Register magnitude(Register a) noexcept { return _mm256_andnot_ps(set(-0.0F), a); }
  AMPSFT_INLINE static Register with_sign(Register size, Register sign) noexcept {
    return _mm256_or_ps(size, _mm256_and_ps(set(-0.0F), sign));
  }
  /// To the nearest whole number.
  AMPSFT_INLINE static Register round(Register a) noexcept {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// `a 2^n`, rounded once, for `a` between 1/2 and 2 and a whole `n` that twice the exponents hold.
  AMPSFT_INLINE static Register times_power(Register a, Register n) noexcept {
    const __m256i whole = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    return mul(mul(a, power(half)), power(_mm256_sub_epi32(whole, half)));
  }
  AMPSFT_INLINE static Register where_less(Register a, Register b, Register yes, Register no) noexcept {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
  }
  AMPSFT_INLINE static bool any_less(Register a, Register b) noexcept {
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)) != 0;
  }
  /// The lanes of `a` that `m` names, the others of `b`.
  AMPSFT_INLINE static Register join(const Mask& m, Register a, Register b) noexcept {
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(m.bits));
  }
  AMPSFT_INLINE static float largest(Register a) noexcept {
    const __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
  }
  /// `a[0] b[0] a[1] b[1] ...`, its first and its second half.
  AMPSFT_INLINE static void zip(Register a, Register b, Register& low, Register& high) noexcept {
    const __m256 even = _mm256_unpacklo_ps(a, b);
    const __m256 odd = _mm256_unpackhi_ps(a, b);
    low = _mm256_permute2f128_ps(even, odd, 0x20);
    high = _mm256_permute2f128_ps(even, odd, 0x31);
  }

 private:
  AMPSFT_INLINE static Register power(__m256i n) noexcept {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
  }
};

template <>
struct Vec<double> {
  using Register = __m256d;
  using Mask = Lanes;
  static constexpr Index lanes = 4;

  /// Holds a value in a register that the compiler would rather load again for each use (a load port is scarcer).
  AMPSFT_INLINE static void keep(Register& a) noexcept { asm("" : "+x"(a)); }
  AMPSFT_INLINE static Register zero() noexcept { return _mm256_setzero_pd(); }
  AMPSFT_INLINE static Register add(Register a, Register b) noexcept { return _mm256_add_pd(a, b); }
  AMPSFT_INLINE static Register sub(Register a, Register b) noexcept { return _mm256_sub_pd(a, b); }
  AMPSFT_INLINE static Register mul(Register a, Register b) noexcept { return _mm256_mul_pd(a, b); }
  AMPSFT_INLINE static Register fma(Register a, Register b, Register c) noexcept { return _mm256_fmadd_pd(a, b, c); }
  AMPSFT_INLINE static double sum(Register a) noexcept {
    const __m128d half = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
  }

  AMPSFT_INLINE static Mask first(Index count) noexcept {
    return {_mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3)), count};
  }
  AMPSFT_INLINE static Register load(const double* p) noexcept { return _mm256_loadu_pd(p); }
  AMPSFT_INLINE static Register load(const double* p, Mask m) noexcept { return _mm256_maskload_pd(p, m.bits); }
  AMPSFT_INLINE static void store(double* p, Register a) noexcept { _mm256_storeu_pd(p, a); }
  AMPSFT_INLINE static void store(double* p, Register a, Mask m) noexcept { _mm256_maskstore_pd(p, m.bits, a); }
  AMPSFT_INLINE static void stream(double* p, Register a) noexcept { _mm256_stream_pd(p, a); }

  AMPSFT_INLINE static void add_to(double* p, Register a) noexcept { store(p, add(load(p), a)); }
  AMPSFT_INLINE static Register broadcast(const double* p) noexcept { return _mm256_broadcast_sd(p); }

  template <Index Count>
  AMPSFT_INLINE static void store_sums(double* p, const Register (&a)[Count], bool accumulate) noexcept {
    const __m256d low = _mm256_hadd_pd(a[0], a[std::min<Index>(1, Count - 1)]);           // 0 1 0 1
    const __m256d high = _mm256_hadd_pd(a[std::min<Index>(2, Count - 1)], a[Count - 1]);  // 2 3 2 3
    const __m256d crossed = _mm256_permute2f128_pd(low, high, 0x21);                      // 0 1 2 3, upper and lower
    const Register total = add(crossed, _mm256_blend_pd(low, high, 0xC));
    const Mask mask = first(Count);
    store(p, accumulate ? add(total, load(p, mask)) : total, mask);
  }

  // For functions of single numbers, norms, softmax and attention.
  AMPSFT_INLINE static Register set(double a) noexcept { return _mm256_set1_pd(a); }
  AMPSFT_INLINE static Register div(Register a, Register b) noexcept { return _mm256_div_pd(a, b); }
  AMPSFT_INLINE static Register sqrt(Register a) noexcept { return _mm256_sqrt_pd(a); }
  /// Not a number where `a` is none; `bound` is one.
  AMPSFT_INLINE static Register at_least(Register bound, Register a) noexcept { return _mm256_max_pd(bound, a); }
  AMPSFT_INLINE static Register at_most(Register bound, Register a) noexcept { return _mm256_min_pd(bound, a); }
  AMPSFT_INLINE static Register magnitude(Register a) noexcept { return _mm256_andnot_pd(set(-0.0), a); }
  AMPSFT_INLINE static Register with_sign(Register size, Register sign) noexcept {
    return _mm256_or_pd(size, _mm256_and_pd(set(-0.0), sign));
  }
  /// To the nearest whole number.
  AMPSFT_INLINE static Register round(Register a) noexcept {
    return _mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// `a 2^n`, rounded once, for `a` between 1/2 and 2 and a whole `n` that twice the exponents hold.
  AMPSFT_INLINE static Register times_power(Register a, Register n) noexcept {
    const __m128i whole = _mm256_cvtpd_epi32(n);
    const __m128i half = _mm_srai_epi32(whole, 1);
    return mul(mul(a, power(half)), power(_mm_sub_epi32(whole, half)));
  }
  AMPSFT_INLINE static Register where_less(Register a, Register b, Register yes, Register no) noexcept {
    return _mm256_blendv_pd(no, yes, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
  }
  AMPSFT_INLINE static bool any_less(Register a, Register b) noexcept {
    return _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ)) != 0;
  }
  /// The lanes of `a` that `m` names, the others of `b`.
  AMPSFT_INLINE static Register join(const Mask& m, Register a, Register b) noexcept {
    return _mm256_blendv_pd(b, a, _mm256_castsi256_pd(m.bits));
  }
  AMPSFT_INLINE static double largest(Register a) noexcept {
    const __m128d half = _mm_max_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_max_sd(half, _mm_unpackhi_pd(half, half)));
  }
  /// `a[0] b[0] a[1] b[1] ...`, its first and its second half.
  AMPSFT_INLINE static void zip(Register a, Register b, Register& low, Register& high) noexcept {
    const __m256d even = _mm256_unpacklo_pd(a, b);
    const __m256d odd = _mm256_unpackhi_pd(a, b);
    low = _mm256_permute2f128_pd(even, odd, 0x20);
    high = _mm256_permute2f128_pd(even, odd, 0x31);
  }

 private:
  AMPSFT_INLINE static Register power(__m128i n) noexcept {
    const __m256i biased = _mm256_add_epi64(_mm256_cvtepi32_epi64(n), _mm256_set1_epi64x(1023));
    return _mm256_castsi256_pd(_mm256_slli_epi64(biased, 52));
  }
};

// clang-format off
#include <ampsft/simd/detail/expand.inc>
#include <ampsft/simd/detail/expand_few.inc>
#include <ampsft/simd/detail/dot.inc>
#include <ampsft/simd/detail/contract.inc>
#include <ampsft/simd/detail/residual.inc>
#include <ampsft/simd/detail/stage.inc>
#include <ampsft/simd/detail/gram.inc>
#include <ampsft/simd/detail/gemm.inc>
#include <ampsft/simd/detail/math.inc>
#include <ampsft/simd/detail/elementwise.inc>
#include <ampsft/simd/detail/norm.inc>
#include <ampsft/simd/detail/softmax.inc>
#include <ampsft/simd/detail/attention_tiles.inc>
#include <ampsft/simd/detail/attention.inc>
// clang-format on

}  // namespace ampsft::simd::detail::avx2

#undef AMPSFT_TARGET
#endif
