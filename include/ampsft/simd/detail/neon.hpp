// SPDX-License-Identifier: MIT
/// @file
/// NEON of AArch64: 32 registers of 16 bytes.
#pragma once

#include <ampsft/core/compat/intrinsics.hpp>
#include <ampsft/simd/detail/arguments.hpp>

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
};

// clang-format off
#include <ampsft/simd/detail/expand.inc>
#include <ampsft/simd/detail/expand_few.inc>
#include <ampsft/simd/detail/dot.inc>
#include <ampsft/simd/detail/contract.inc>
#include <ampsft/simd/detail/stage.inc>
#include <ampsft/simd/detail/gram.inc>
#include <ampsft/simd/detail/gemm.inc>
// clang-format on

}  // namespace ampsft::simd::detail::neon

#undef AMPSFT_TARGET
#endif
