// SPDX-License-Identifier: MIT
/// @file
/// Naive sums in double, and how far rounding may take a kernel from them.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "simd/testing.hpp"
#include "support/catch.hpp"

namespace ampsft::test {

/// A sum and the sum of its terms' magnitudes.
struct Sum {
  double value = 0.0;
  double magnitude = 0.0;

  void operator+=(double term) {
    value += term;
    magnitude += std::fabs(term);
  }
};

/// The matrix that a kernel should give, and the largest error of each element.
///
/// Whatever the order, and with or without fused multiply-adds, a term of a sum passes through at most as many
/// roundings as the sum has terms, plus those of its own making (a product, a scale, a difference: 3 at most here) and
/// one where it is added to what was there. So the error is at most `(terms + 4) u` of the sum of magnitudes, to first
/// order, `u` being half an epsilon. The whole epsilon leaves room for the second order, and for the same error of the
/// reference itself where the kernel computes in double too.
struct Reference {
  Index rows = 0;
  Index cols = 0;
  std::vector<double> value;
  std::vector<double> bound;

  [[nodiscard]] std::size_t at(Index i, Index j) const { return static_cast<std::size_t>(i * cols + j); }
};

/// `add_up(i, j, sum)` adds the terms of an element; `T` is what the kernel computes in, `W` what it stores.
template <class T, class W = T, class AddUp>
Reference reference(Index rows, Index cols, Index products, AddUp&& add_up) {
  Reference expected{rows, cols, {}, {}};
  expected.value.reserve(static_cast<std::size_t>(rows * cols));
  expected.bound.reserve(static_cast<std::size_t>(rows * cols));
  const double relative = static_cast<double>(products + 4) * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) {
      Sum sum;
      add_up(i, j, sum);
      double bound = relative * sum.magnitude;
      if constexpr (!std::is_same_v<T, W>) {
        bound += 0x1p-8 * (std::fabs(sum.value) + bound);  // then rounded to the 8 bits of bfloat16's significand
      }
      expected.value.push_back(sum.value);
      expected.bound.push_back(bound);
    }
  }
  return expected;
}

/// NaN where NaN should be, infinity where infinity, else within the bound.
inline bool fits(double got, double value, double bound) {
  if (std::isnan(value)) {
    return std::isnan(got);
  }
  return std::isinf(value) ? got == value : std::fabs(got - value) <= bound;
}

/// What is wrong with a result: empty if nothing is.
template <class T>
std::string fault(const Placed<T>& result, const Reference& expected) {
  for (Index i = 0; i < expected.rows; ++i) {
    for (Index j = 0; j < expected.cols; ++j) {
      const double value = expected.value[expected.at(i, j)];
      const double bound = expected.bound[expected.at(i, j)];
      if (!fits(result.now(i, j), value, bound)) {
        return concat("element (", i, ", ", j, ") is ", result.now(i, j), ", expected ", value, " within ", bound);
      }
    }
  }
  return result.untouched_around() ? "" : "something outside the result was written";
}

/// Fails the test if the result is wrong; the message is made only then, for there are very many results.
template <class T, class... Details>
void check_result(const Placed<T>& result, const Reference& expected, const Shape& shape, const Details&... details) {
  const std::string wrong = fault(result, expected);
  if (!wrong.empty()) {
    FAIL(concat(simd::name(simd::level()), ", n ", shape.n, ", d ", shape.d, ", K ", shape.k, details..., ": ", wrong));
  }
  SUCCEED();
}

}  // namespace ampsft::test
