// SPDX-License-Identifier: MIT
/// @file
/// AVX-512: 32 registers of 64 bytes, masks for what does not fill one.
#pragma once

#include <ampsft/core/compat/intrinsics.hpp>
#include <ampsft/simd/detail/arguments.hpp>
#include <ampsft/simd/detail/attention_arguments.hpp>
#include <ampsft/simd/detail/drop_elements.hpp>
#include <ampsft/simd/detail/math_arguments.hpp>
#include <ampsft/simd/detail/polynomials.hpp>

#if defined(AMPSFT_SIMD_X86)

// avx512bf16 stands here for what asks at run time whether the processor has it.
#define AMPSFT_TARGET __attribute__((target("avx2,fma,prfchw,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

namespace ampsft::simd::detail::avx512 {

inline constexpr Index register_count = 32;
/// Registers are blocked so that every basis line feeds `tile_rows` rows and every broadcast `tile_registers` lines.
inline constexpr Index tile_rows = 6;
inline constexpr Index tile_registers = 2;
inline constexpr Index dot_accumulators = 24;
inline constexpr Index dot_ranks_at_once = 8;
inline constexpr Index contract_registers_at_once = 4;
inline constexpr Index gram_rows = 8;
inline constexpr Index gram_registers = 3;
inline constexpr Index gemm_rows = 12;
inline constexpr Index gemm_registers = 2;
inline constexpr bool has_pairs = true;  // products of bfloat16
inline constexpr Index attention_accumulators = 24;
inline constexpr Index attention_score_registers = 3;
inline constexpr Index attention_registers = 4;

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using Register = __m512;
  using Mask = __mmask16;
  static constexpr Index lanes = 16;

  /// Holds a value in a register that the compiler would rather load again for each use (a load port is scarcer).
  AMPSFT_INLINE static void keep(Register& a) noexcept { asm("" : "+v"(a)); }
  AMPSFT_INLINE static Register zero() noexcept { return _mm512_setzero_ps(); }
  AMPSFT_INLINE static Register add(Register a, Register b) noexcept { return _mm512_add_ps(a, b); }
  AMPSFT_INLINE static Register sub(Register a, Register b) noexcept { return _mm512_sub_ps(a, b); }
  AMPSFT_INLINE static Register mul(Register a, Register b) noexcept { return _mm512_mul_ps(a, b); }
  AMPSFT_INLINE static Register fma(Register a, Register b, Register c) noexcept { return _mm512_fmadd_ps(a, b, c); }
  /// Each lane of `a` and `b` holds two numbers in bfloat16: both products are added. Only where the processor can.
  AMPSFT_INLINE static Register add_pairs(Register a, Register b, Register c) noexcept {
    return _mm512_dpbf16_ps(c, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
  AMPSFT_INLINE static float sum(Register a) noexcept { return _mm512_reduce_add_ps(a); }

  AMPSFT_INLINE static Mask first(Index count) noexcept { return static_cast<Mask>((1U << count) - 1U); }
  AMPSFT_INLINE static Register load(const float* p) noexcept { return _mm512_loadu_ps(p); }
  AMPSFT_INLINE static Register load(const float* p, Mask m) noexcept { return _mm512_maskz_loadu_ps(m, p); }
  AMPSFT_INLINE static Register load(const BFloat16* p) noexcept {
    return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  AMPSFT_INLINE static Register load(const BFloat16* p, Mask m) noexcept {
    return widen(_mm256_maskz_loadu_epi16(m, p));
  }

  AMPSFT_INLINE static void store(float* p, Register a) noexcept { _mm512_storeu_ps(p, a); }
  AMPSFT_INLINE static void store(float* p, Register a, Mask m) noexcept { _mm512_mask_storeu_ps(p, m, a); }
  AMPSFT_INLINE static void stream(float* p, Register a) noexcept { _mm512_stream_ps(p, a); }
  AMPSFT_INLINE static void store(BFloat16* p, Register a, Mask m, bool native) noexcept {
    _mm256_mask_storeu_epi16(p, m, narrow(a, native));
  }
  /// Two registers of floats to one line of bfloat16.
  AMPSFT_INLINE static void store_pair(BFloat16* p, Register a, Register b, bool native, bool streaming) noexcept {
    const __m512i line = native ? reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a))
                                : _mm512_inserti64x4(_mm512_castsi256_si512(narrow(a, false)), narrow(b, false), 1);
    if (streaming) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(p), line);
    } else {
      _mm512_storeu_si512(p, line);
    }
  }

  /// Adds each lane to a double.
  AMPSFT_INLINE static void add_to(double* p, Register a) noexcept {
    const __m512d low = _mm512_maskz_cvtps_pd(0xFF, _mm512_castps512_ps256(a));
    const __m512d high = _mm512_maskz_cvtps_pd(0xFF, _mm512_maskz_extractf32x8_ps(0xFF, a, 1));
    _mm512_storeu_pd(p, _mm512_add_pd(_mm512_loadu_pd(p), low));
    _mm512_storeu_pd(p + 8, _mm512_add_pd(_mm512_loadu_pd(p + 8), high));
  }
  AMPSFT_INLINE static Register broadcast(const float* p) noexcept { return _mm512_set1_ps(*p); }

  /// `p[k] = sum(a[k])`, or added to it, for `Count` <= 8 registers: halves of registers are joined, then quarters, ...
  template <Index Count>
  AMPSFT_INLINE static void store_sums(float* p, const Register (&a)[Count], bool accumulate) noexcept {
    constexpr Index pairs = Count > 4 ? 4 : 2;  // the half that is not there is not computed
    Register b[2 * pairs];
    AMPSFT_UNROLL
    for (Index k = 0; k < 2 * pairs; ++k) {
      b[k] = a[std::min(k, Count - 1)];
    }
    Register c[pairs];  // lanes of a register, by halves: (0 1) (2 3) (4 5) (6 7)
    AMPSFT_UNROLL
    for (Index k = 0; k < pairs; ++k) {
      c[k] =
          add(_mm512_mask_blend_ps(0xFF00, b[2 * k], b[2 * k + 1]), _mm512_shuffle_f32x4(b[2 * k], b[2 * k + 1], 0x4E));
    }
    const __m512i quarters = _mm512_setr_epi32(4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15, 24, 25, 26, 27);
    Register d[2];  // by quarters: (0 2 1 3) (4 6 5 7)
    AMPSFT_UNROLL
    for (Index k = 0; k < pairs / 2; ++k) {
      d[k] = add(_mm512_mask_blend_ps(0xF0F0, c[2 * k], c[2 * k + 1]),
                 _mm512_permutex2var_ps(c[2 * k], quarters, c[2 * k + 1]));
    }
    if constexpr (Count <= 4) {
      d[1] = d[0];
    }
    Register e = add(_mm512_shuffle_ps(d[0], d[1], 0x44), _mm512_shuffle_ps(d[0], d[1], 0xEE));
    e = add(e, _mm512_permute_ps(e, 0xB1));  // by pairs: 0 4 2 6 1 5 3 7
    e = _mm512_permutexvar_ps(_mm512_setr_epi32(0, 8, 4, 12, 2, 10, 6, 14, 0, 0, 0, 0, 0, 0, 0, 0), e);
    if constexpr (Count == 8) {  // a whole store: what is read again soon need not wait for it as for a masked one
      const __m256 half = _mm512_castps512_ps256(e);
      _mm256_storeu_ps(p, accumulate ? _mm256_add_ps(half, _mm256_loadu_ps(p)) : half);
    } else {
      const Mask mask = first(Count);
      store(p, accumulate ? add(e, load(p, mask)) : e, mask);
    }
  }

 private:
  AMPSFT_INLINE static Register widen(__m256i bits) noexcept {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  /// To nearest, ties to even, as `float_to_bf16`; the processor's own conversion takes subnormals for zero.
  AMPSFT_INLINE static __m256i narrow(Register a, bool native) noexcept {
    if (native) {
      return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(a));
    }
    const __m512i bits = _mm512_castps_si512(a);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_blend_epi32(nan, rounded, quiet), 16));
  }

 public:
  // For functions of single numbers, norms, softmax and attention.
  AMPSFT_INLINE static Register set(float a) noexcept { return _mm512_set1_ps(a); }
  AMPSFT_INLINE static Register div(Register a, Register b) noexcept { return _mm512_div_ps(a, b); }
  AMPSFT_INLINE static Register sqrt(Register a) noexcept { return _mm512_maskz_sqrt_ps(0xFFFF, a); }
  /// Not a number where `a` is none; `bound` is one.
  AMPSFT_INLINE static Register at_least(Register bound, Register a) noexcept {
    return _mm512_maskz_max_ps(0xFFFF, bound, a);
  }
  AMPSFT_INLINE static Register at_most(Register bound, Register a) noexcept {
    return _mm512_maskz_min_ps(0xFFFF, bound, a);
  }
  AMPSFT_INLINE static Register magnitude(Register a) noexcept { return _mm512_andnot_ps(set(-0.0F), a); }
  AMPSFT_INLINE static Register with_sign(Register size, Register sign) noexcept {
    return _mm512_or_ps(size, _mm512_and_ps(set(-0.0F), sign));
  }
  /// To the nearest whole number.
  AMPSFT_INLINE static Register round(Register a) noexcept {
    return _mm512_maskz_roundscale_ps(0xFFFF, a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// `a 2^n`, rounded once, for `a` between 1/2 and 2 and a whole `n` that twice the exponents hold.
  AMPSFT_INLINE static Register times_power(Register a, Register n) noexcept {
    return _mm512_maskz_scalef_ps(0xFFFF, a, n);
  }
  AMPSFT_INLINE static Register where_less(Register a, Register b, Register yes, Register no) noexcept {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
  }
  AMPSFT_INLINE static bool any_less(Register a, Register b) noexcept {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ) != 0;
  }
  /// The lanes of `a` that `m` names, the others of `b`.
  AMPSFT_INLINE static Register join(Mask m, Register a, Register b) noexcept { return _mm512_mask_blend_ps(m, b, a); }
  AMPSFT_INLINE static float largest(Register a) noexcept { return _mm512_reduce_max_ps(a); }
  /// `a[0] b[0] a[1] b[1] ...`, its first and its second half.
  AMPSFT_INLINE static void zip(Register a, Register b, Register& low, Register& high) noexcept {
    const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    low = _mm512_permutex2var_ps(a, first, b);
    high = _mm512_permutex2var_ps(a, _mm512_add_epi32(first, _mm512_set1_epi32(8)), b);
  }
};

template <>
struct Vec<double> {
  using Register = __m512d;
  using Mask = __mmask8;
  static constexpr Index lanes = 8;

  /// Holds a value in a register that the compiler would rather load again for each use (a load port is scarcer).
  AMPSFT_INLINE static void keep(Register& a) noexcept { asm("" : "+v"(a)); }
  AMPSFT_INLINE static Register zero() noexcept { return _mm512_setzero_pd(); }
  AMPSFT_INLINE static Register add(Register a, Register b) noexcept { return _mm512_add_pd(a, b); }
  AMPSFT_INLINE static Register sub(Register a, Register b) noexcept { return _mm512_sub_pd(a, b); }
  AMPSFT_INLINE static Register mul(Register a, Register b) noexcept { return _mm512_mul_pd(a, b); }
  AMPSFT_INLINE static Register fma(Register a, Register b, Register c) noexcept { return _mm512_fmadd_pd(a, b, c); }
  AMPSFT_INLINE static double sum(Register a) noexcept { return _mm512_reduce_add_pd(a); }

  AMPSFT_INLINE static Mask first(Index count) noexcept { return static_cast<Mask>((1U << count) - 1U); }
  AMPSFT_INLINE static Register load(const double* p) noexcept { return _mm512_loadu_pd(p); }
  AMPSFT_INLINE static Register load(const double* p, Mask m) noexcept { return _mm512_maskz_loadu_pd(m, p); }
  AMPSFT_INLINE static void store(double* p, Register a) noexcept { _mm512_storeu_pd(p, a); }
  AMPSFT_INLINE static void store(double* p, Register a, Mask m) noexcept { _mm512_mask_storeu_pd(p, m, a); }
  AMPSFT_INLINE static void stream(double* p, Register a) noexcept { _mm512_stream_pd(p, a); }

  AMPSFT_INLINE static void add_to(double* p, Register a) noexcept { store(p, add(load(p), a)); }
  AMPSFT_INLINE static Register broadcast(const double* p) noexcept { return _mm512_set1_pd(*p); }

  template <Index Count>
  AMPSFT_INLINE static void store_sums(double* p, const Register (&a)[Count], bool accumulate) noexcept {
    Register b[8];
    AMPSFT_UNROLL
    for (Index k = 0; k < 8; ++k) {
      b[k] = a[std::min(k, Count - 1)];
    }
    Register c[4];  // lanes of a register, by halves: (0 1) (2 3) (4 5) (6 7)
    AMPSFT_UNROLL
    for (Index k = 0; k < 4; ++k) {
      c[k] =
          add(_mm512_mask_blend_pd(0xF0, b[2 * k], b[2 * k + 1]), _mm512_shuffle_f64x2(b[2 * k], b[2 * k + 1], 0x4E));
    }
    const __m512i quarters = _mm512_setr_epi64(2, 3, 8, 9, 6, 7, 12, 13);
    Register d[2];  // by quarters: (0 2 1 3) (4 6 5 7)
    AMPSFT_UNROLL
    for (Index k = 0; k < 2; ++k) {
      d[k] = add(_mm512_mask_blend_pd(0xCC, c[2 * k], c[2 * k + 1]),
                 _mm512_permutex2var_pd(c[2 * k], quarters, c[2 * k + 1]));
    }
    // each lane: 0 4 2 6 1 5 3 7
    Register e = add(_mm512_unpacklo_pd(d[0], d[1]), _mm512_unpackhi_pd(d[0], d[1]));
    e = _mm512_permutexvar_pd(_mm512_setr_epi64(0, 4, 2, 6, 1, 5, 3, 7), e);
    const Mask mask = first(Count);
    store(p, accumulate ? add(e, load(p, mask)) : e, mask);
  }

  // For functions of single numbers, norms, softmax and attention.
  AMPSFT_INLINE static Register set(double a) noexcept { return _mm512_set1_pd(a); }
  AMPSFT_INLINE static Register div(Register a, Register b) noexcept { return _mm512_div_pd(a, b); }
  AMPSFT_INLINE static Register sqrt(Register a) noexcept { return _mm512_maskz_sqrt_pd(0xFF, a); }
  /// Not a number where `a` is none; `bound` is one.
  AMPSFT_INLINE static Register at_least(Register bound, Register a) noexcept {
    return _mm512_maskz_max_pd(0xFF, bound, a);
  }
  AMPSFT_INLINE static Register at_most(Register bound, Register a) noexcept {
    return _mm512_maskz_min_pd(0xFF, bound, a);
  }
  AMPSFT_INLINE static Register magnitude(Register a) noexcept { return _mm512_andnot_pd(set(-0.0), a); }
  AMPSFT_INLINE static Register with_sign(Register size, Register sign) noexcept {
    return _mm512_or_pd(size, _mm512_and_pd(set(-0.0), sign));
  }
  /// To the nearest whole number.
  AMPSFT_INLINE static Register round(Register a) noexcept {
    return _mm512_maskz_roundscale_pd(0xFF, a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// `a 2^n`, rounded once, for `a` between 1/2 and 2 and a whole `n` that twice the exponents hold.
  AMPSFT_INLINE static Register times_power(Register a, Register n) noexcept {
    return _mm512_maskz_scalef_pd(0xFF, a, n);
  }
  AMPSFT_INLINE static Register where_less(Register a, Register b, Register yes, Register no) noexcept {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), no, yes);
  }
  AMPSFT_INLINE static bool any_less(Register a, Register b) noexcept {
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ) != 0;
  }
  /// The lanes of `a` that `m` names, the others of `b`.
  AMPSFT_INLINE static Register join(Mask m, Register a, Register b) noexcept { return _mm512_mask_blend_pd(m, b, a); }
  AMPSFT_INLINE static double largest(Register a) noexcept { return _mm512_reduce_max_pd(a); }
  /// `a[0] b[0] a[1] b[1] ...`, its first and its second half.
  AMPSFT_INLINE static void zip(Register a, Register b, Register& low, Register& high) noexcept {
    const __m512i first = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    low = _mm512_permutex2var_pd(a, first, b);
    high = _mm512_permutex2var_pd(a, _mm512_add_epi64(first, _mm512_set1_epi64(4)), b);
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

}  // namespace ampsft::simd::detail::avx512

#undef AMPSFT_TARGET
#endif
