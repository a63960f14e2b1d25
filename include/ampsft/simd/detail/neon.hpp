// SPDX-License-Identifier: MIT
/// @file
/// NEON of AArch64: 32 registers of 16 bytes.
#pragma once

#include <ampsft/core/compat/intrinsics.hpp>
#include <ampsft/simd/detail/arguments.hpp>
#include <ampsft/simd/detail/attention_arguments.hpp>
#include <ampsft/simd/detail/drop_elements.hpp>
#include <ampsft/simd/detail/math_arguments.hpp>
#include <ampsft/simd/detail/polynomials.hpp>

#if defined(AMPSFT_SIMD_NEON)

#define AMPSFT_TARGET

namespace ampsft::simd::detail::neon {

inline constexpr Index register_count = 32;
inline constexpr Index tile_rows = 5;  // with 6, GCC 12 keeps their broadcasts all at once and spills sums in the loop
inline constexpr Index tile_registers = 4;
inline constexpr Index dot_accumulators = 24;
inline constexpr Index dot_ranks_at_once = 8;
inline constexpr Index contract_registers_at_once = 4;
inline constexpr Index gram_rows = 4;
inline constexpr Index gram_registers = 4;
inline constexpr Index gemm_rows = 8;
inline constexpr Index gemm_registers = 3;
inline constexpr bool has_pairs = false;
inline constexpr Index attention_accumulators = 16;
inline constexpr Index attention_score_registers = 4;
inline constexpr Index attention_registers = 4;

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using Register = float32x4_t;
  using Mask = Index;  // how many lanes, from the first
  static constexpr Index lanes = 4;

  /// Holds a value in a register that the compiler would rather load again for each use (a load port is scarcer).
  AMPSFT_INLINE static void keep(Register& a) noexcept { asm("" : "+w"(a)); }
  AMPSFT_INLINE static Register zero() noexcept { return vdupq_n_f32(0.0F); }
  AMPSFT_INLINE static Register add(Register a, Register b) noexcept { return vaddq_f32(a, b); }
  AMPSFT_INLINE static Register sub(Register a, Register b) noexcept { return vsubq_f32(a, b); }
  AMPSFT_INLINE static Register mul(Register a, Register b) noexcept { return vmulq_f32(a, b); }
  AMPSFT_INLINE static Register fma(Register a, Register b, Register c) noexcept { return vfmaq_f32(c, a, b); }
  AMPSFT_INLINE static float sum(Register a) noexcept { return vaddvq_f32(a); }

  AMPSFT_INLINE static Mask first(Index count) noexcept { return count; }
  AMPSFT_INLINE static Register load(const float* p) noexcept { return vld1q_f32(p); }
  AMPSFT_INLINE static Register load(const float* p, Mask m) noexcept {
    float part[lanes] = {};
    std::copy_n(p, m, part);
    return vld1q_f32(part);
  }
  AMPSFT_INLINE static Register load(const BFloat16* p) noexcept {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p)), 16));
  }
  AMPSFT_INLINE static Register load(const BFloat16* p, Mask m) noexcept {
    BFloat16 part[lanes] = {};
    std::copy_n(p, m, part);
    return load(part);
  }

  AMPSFT_INLINE static void store(float* p, Register a) noexcept { vst1q_f32(p, a); }
  AMPSFT_INLINE static void store(float* p, Register a, Mask m) noexcept {
    float part[lanes];
    vst1q_f32(part, a);
    std::copy_n(part, m, p);
  }
  AMPSFT_INLINE static void stream(float* p, Register a) noexcept { vst1q_f32(p, a); }
  AMPSFT_INLINE static void store(BFloat16* p, Register a, Mask m, bool) noexcept {
    BFloat16 part[lanes];
    vst1_u16(reinterpret_cast<std::uint16_t*>(part), narrow(a));
    std::copy_n(part, m, p);
  }
  AMPSFT_INLINE static void store_pair(BFloat16* p, Register a, Register b, bool, bool) noexcept {
    vst1q_u16(reinterpret_cast<std::uint16_t*>(p), vcombine_u16(narrow(a), narrow(b)));
  }

  /// Adds each lane to a double.
  AMPSFT_INLINE static void add_to(double* p, Register a) noexcept {
    vst1q_f64(p, vaddq_f64(vld1q_f64(p), vcvt_f64_f32(vget_low_f32(a))));
    vst1q_f64(p + 2, vaddq_f64(vld1q_f64(p + 2), vcvt_high_f64_f32(a)));
  }
  AMPSFT_INLINE static Register broadcast(const float* p) noexcept { return vld1q_dup_f32(p); }

  /// `p[k] = sum(a[k])`, or added to it.
  template <Index Count>
  AMPSFT_INLINE static void store_sums(float* p, const Register (&a)[Count], bool accumulate) noexcept {
    AMPSFT_UNROLL
    for (Index k = 0; k < Count; ++k) {
      p[k] = accumulate ? p[k] + sum(a[k]) : sum(a[k]);
    }
  }

 private:
  /// To nearest bfloat16, ties to even.
  AMPSFT_INLINE static uint16x4_t narrow(Register a) noexcept {
    const uint32x4_t bits = vreinterpretq_u32_f32(a);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    const uint32x4_t rounded = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), odd);
    const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
    return vshrn_n_u32(vbslq_u32(vceqq_f32(a, a), rounded, quiet), 16);
  }

 public:
  // For functions of single numbers, norms, softmax and attention.
  AMPSFT_INLINE static Register set(float a) noexcept { return vdupq_n_f32(a); }
  AMPSFT_INLINE static Register div(Register a, Register b) noexcept { return vdivq_f32(a, b); }
  AMPSFT_INLINE static Register sqrt(Register a) noexcept { return vsqrtq_f32(a); }
  /// Not a number where `a` is none; `bound` is one.
  AMPSFT_INLINE static Register at_least(Register bound, Register a) noexcept { return vmaxq_f32(bound, a); }
  AMPSFT_INLINE static Register at_most(Register bound, Register a) noexcept { return vminq_f32(bound, a); }
  AMPSFT_INLINE static Register magnitude(Register a) noexcept { return vabsq_f32(a); }
  AMPSFT_INLINE static Register with_sign(Register size, Register sign) noexcept {
    return vbslq_f32(vdupq_n_u32(0x80000000U), sign, size);
  }
  /// To the nearest whole number.
  AMPSFT_INLINE static Register round(Register a) noexcept { return vrndnq_f32(a); }
  /// `a 2^n`, rounded once, for `a` between 1/2 and 2 and a whole `n` that twice the exponents hold.
  AMPSFT_INLINE static Register times_power(Register a, Register n) noexcept {
    const int32x4_t whole = vcvtq_s32_f32(n);
    const int32x4_t half = vshrq_n_s32(whole, 1);
    return mul(mul(a, power(half)), power(vsubq_s32(whole, half)));
  }
  AMPSFT_INLINE static Register where_less(Register a, Register b, Register yes, Register no) noexcept {
    return vbslq_f32(vcltq_f32(a, b), yes, no);
  }
  AMPSFT_INLINE static bool any_less(Register a, Register b) noexcept { return vmaxvq_u32(vcltq_f32(a, b)) != 0; }
  /// The lanes of `a` that `m` names, the others of `b`.
  AMPSFT_INLINE static Register join(Mask m, Register a, Register b) noexcept {
    const int32_t lane[lanes] = {0, 1, 2, 3};
    return vbslq_f32(vcltq_s32(vld1q_s32(lane), vdupq_n_s32(static_cast<int32_t>(m))), a, b);
  }
  AMPSFT_INLINE static float largest(Register a) noexcept { return vmaxvq_f32(a); }
  /// `a[0] b[0] a[1] b[1] ...`, its first and its second half.
  AMPSFT_INLINE static void zip(Register a, Register b, Register& low, Register& high) noexcept {
    low = vzip1q_f32(a, b);
    high = vzip2q_f32(a, b);
  }

 private:
  AMPSFT_INLINE static Register power(int32x4_t n) noexcept {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
  }
};

template <>
struct Vec<double> {
  using Register = float64x2_t;
  using Mask = Index;
  static constexpr Index lanes = 2;

  /// Holds a value in a register that the compiler would rather load again for each use (a load port is scarcer).
  AMPSFT_INLINE static void keep(Register& a) noexcept { asm("" : "+w"(a)); }
  AMPSFT_INLINE static Register zero() noexcept { return vdupq_n_f64(0.0); }
  AMPSFT_INLINE static Register add(Register a, Register b) noexcept { return vaddq_f64(a, b); }
  AMPSFT_INLINE static Register sub(Register a, Register b) noexcept { return vsubq_f64(a, b); }
  AMPSFT_INLINE static Register mul(Register a, Register b) noexcept { return vmulq_f64(a, b); }
  AMPSFT_INLINE static Register fma(Register a, Register b, Register c) noexcept { return vfmaq_f64(c, a, b); }
  AMPSFT_INLINE static double sum(Register a) noexcept { return vaddvq_f64(a); }

  AMPSFT_INLINE static Mask first(Index count) noexcept { return count; }
  AMPSFT_INLINE static Register load(const double* p) noexcept { return vld1q_f64(p); }
  AMPSFT_INLINE static Register load(const double* p, Mask m) noexcept {
    return m == lanes ? vld1q_f64(p) : vsetq_lane_f64(*p, vdupq_n_f64(0.0), 0);
  }
  AMPSFT_INLINE static void store(double* p, Register a) noexcept { vst1q_f64(p, a); }
  AMPSFT_INLINE static void store(double* p, Register a, Mask m) noexcept {
    if (m == lanes) {
      vst1q_f64(p, a);
    } else {
      *p = vgetq_lane_f64(a, 0);
    }
  }
  AMPSFT_INLINE static void stream(double* p, Register a) noexcept { vst1q_f64(p, a); }

  AMPSFT_INLINE static void add_to(double* p, Register a) noexcept { store(p, add(load(p), a)); }
  AMPSFT_INLINE static Register broadcast(const double* p) noexcept { return vld1q_dup_f64(p); }

  /// `p[k] = sum(a[k])`, or added to it.
  template <Index Count>
  AMPSFT_INLINE static void store_sums(double* p, const Register (&a)[Count], bool accumulate) noexcept {
    AMPSFT_UNROLL
    for (Index k = 0; k < Count; ++k) {
      p[k] = accumulate ? p[k] + sum(a[k]) : sum(a[k]);
    }
  }

  // For functions of single numbers, norms, softmax and attention.
  AMPSFT_INLINE static Register set(double a) noexcept { return vdupq_n_f64(a); }
  AMPSFT_INLINE static Register div(Register a, Register b) noexcept { return vdivq_f64(a, b); }
  AMPSFT_INLINE static Register sqrt(Register a) noexcept { return vsqrtq_f64(a); }
  /// Not a number where `a` is none; `bound` is one.
  AMPSFT_INLINE static Register at_least(Register bound, Register a) noexcept { return vmaxq_f64(bound, a); }
  AMPSFT_INLINE static Register at_most(Register bound, Register a) noexcept { return vminq_f64(bound, a); }
  AMPSFT_INLINE static Register magnitude(Register a) noexcept { return vabsq_f64(a); }
  AMPSFT_INLINE static Register with_sign(Register size, Register sign) noexcept {
    return vbslq_f64(vdupq_n_u64(0x8000000000000000U), sign, size);
  }
  /// To the nearest whole number.
  AMPSFT_INLINE static Register round(Register a) noexcept { return vrndnq_f64(a); }
  /// `a 2^n`, rounded once, for `a` between 1/2 and 2 and a whole `n` that twice the exponents hold.
  AMPSFT_INLINE static Register times_power(Register a, Register n) noexcept {
    const int64x2_t whole = vcvtq_s64_f64(n);
    const int64x2_t half = vshrq_n_s64(whole, 1);
    return mul(mul(a, power(half)), power(vsubq_s64(whole, half)));
  }
  AMPSFT_INLINE static Register where_less(Register a, Register b, Register yes, Register no) noexcept {
    return vbslq_f64(vcltq_f64(a, b), yes, no);
  }
  AMPSFT_INLINE static bool any_less(Register a, Register b) noexcept {
    return vmaxvq_u32(vreinterpretq_u32_u64(vcltq_f64(a, b))) != 0;
  }
  /// The lanes of `a` that `m` names, the others of `b`.
  AMPSFT_INLINE static Register join(Mask m, Register a, Register b) noexcept {
    const int64_t lane[lanes] = {0, 1};
    return vbslq_f64(vcltq_s64(vld1q_s64(lane), vdupq_n_s64(static_cast<int64_t>(m))), a, b);
  }
  AMPSFT_INLINE static double largest(Register a) noexcept { return vmaxvq_f64(a); }
  /// `a[0] b[0] a[1] b[1] ...`, its first and its second half.
  AMPSFT_INLINE static void zip(Register a, Register b, Register& low, Register& high) noexcept {
    low = vzip1q_f64(a, b);
    high = vzip2q_f64(a, b);
  }

 private:
  AMPSFT_INLINE static Register power(int64x2_t n) noexcept {
    return vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(n, vdupq_n_s64(1023)), 52));
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

}  // namespace ampsft::simd::detail::neon

#undef AMPSFT_TARGET
#endif
