// SPDX-License-Identifier: MIT
/// @file
/// The numbers by which the kernels compute exponentials; tools/polynomials.py finds them.
#pragma once

#include <ampsft/core/tensor.hpp>

namespace ampsft::simd::detail {

/// `exponential`: of `r` between `-log(2)/2` and `log(2)/2`, `(exp(r) - 1 - r) / r^2`, the lowest coefficient first.
/// `tail`: of `t = 1 - 2 k / (z + k)`, `exp(z^2/2) Q(z) (z + k)`, where `Q` is the normal distribution's upper tail.
template <class T>
struct Polynomials;

template <>
struct Polynomials<float> {
  static constexpr float exponential[] = {0.5F, 0.166665769896987757F, 0.0416665546172045742F, 0.00836317905272257737F,
                                          0.00139261835877134945F};
  static constexpr float tail[] = {0.755285138535385945F,    -0.607896603661247309F, 0.387136679880968805F,
                                   -0.186523067716549435F,   0.0604064175960145768F, -0.00752683324628304655F,
                                   -0.00352305190750483887F, 0.0015687847817366806F, 0.000193591070779132287F,
                                   -0.000123515355910713128F};
  static constexpr float tail_k = 4.0F;
  static constexpr float tail_end = 14.6F;  ///< from here on Q is 0

  static constexpr float log2_high = 0.693145751953125F;  ///< log(2) in so few bits that a multiple of it is exact
  static constexpr float log2_low = 1.42860682030941723e-6F;
  static constexpr float lowest = -104.0F;   ///< exp is 0 from here on,
  static constexpr float highest = 89.0F;    ///< infinite from here on
  static constexpr float saturated = 20.0F;  ///< exp(x) + 2 is exp(x)
};

template <>
struct Polynomials<double> {
  static constexpr double exponential[] = {0.500000000000000102,     0.166666666666666675,   0.0416666666666241279,
                                           0.00833333333333006183,   0.00138888889172137169, 0.000198412698630536169,
                                           0.0000248015212959543751, 2.75572684599970648e-6, 2.76200884454097482e-7,
                                           2.51003854955103191e-8};
  static constexpr double tail[] = {
      0.75528513041575148,     -0.607896641971891758,    0.38713740074221874,     -0.186521857959694349,
      0.0603965748907064495,   -0.00754018896558471816,  -0.00347969236237777316, 0.00163081844172815846,
      0.000133344255335844683, -0.000231094816658337311, -1.90787378690424456e-6, 0.0000351441712661295079,
      7.15029307656374749e-7,  -5.91885675479799388e-6,  -6.25177612722053254e-7, 1.01972390609658342e-6,
      2.63728551845044621e-7,  -1.54153370902797446e-7,  -7.63937849452924571e-8, 1.44962955879635163e-8,
      1.39086047165493148e-8,  9.88326679693687314e-11,  -9.54840626183118069e-10};
  static constexpr double tail_k = 4.0;
  static constexpr double tail_end = 38.7;

  static constexpr double log2_high = 0.693147180559890330187045;
  static constexpr double log2_low = 5.4979230187083711747e-14;
  static constexpr double lowest = -746.0;
  static constexpr double highest = 710.0;
  static constexpr double saturated = 40.0;
};

}  // namespace ampsft::simd::detail
