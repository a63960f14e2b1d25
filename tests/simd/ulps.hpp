// SPDX-License-Identifier: MIT
/// @file
/// Errors in units in the last place, and the numbers at which functions are tried.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace ampsft::test {

/// `|got - exact|` in units in the last place of `exact`; infinite where one is no number, or infinite, and the other
/// is not so.
template <class T>
double ulps(T got, long double exact) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(rounded) || std::isinf(rounded) || !std::isfinite(got)) {
    const bool same = std::isnan(rounded) ? std::isnan(got) : got == rounded;
    return same ? 0.0 : std::numeric_limits<double>::infinity();
  }
  const int exponent = rounded == T{0} ? std::numeric_limits<T>::min_exponent
                                       : std::max(std::ilogb(rounded) + 1, std::numeric_limits<T>::min_exponent);
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) /
                             std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits));
}

/// `count` numbers: the first half evenly over `[low, high]`, then any bits, which make every size, NaNs and both
/// infinities; all of them for float would be 2^32, this takes each 2^32 / (count / 2)-th.
template <class T>
Matrix<T> numbers(T low, T high, Index count) {
  using Bits = std::conditional_t<std::same_as<T, float>, std::uint32_t, std::uint64_t>;
  Matrix<T> x = make_matrix<T>(1, count);
  const Index half = count / 2;
  for (Index i = 0; i < half; ++i) {
    x.data()[i] = low + (high - low) * (static_cast<T>(i) / static_cast<T>(half));
  }
  const Bits step = std::numeric_limits<Bits>::max() / static_cast<Bits>(count - half) + 1;
  Random random(1);
  for (Index i = half; i < count; ++i) {
    const Bits bits = static_cast<Bits>(static_cast<Bits>(i - half) * step + static_cast<Bits>(random()) % step);
    std::memcpy(x.data() + i, &bits, sizeof(T));
  }
  const T special[] = {T{0},
                       -T{0},
                       std::numeric_limits<T>::infinity(),
                       -std::numeric_limits<T>::infinity(),
                       std::numeric_limits<T>::quiet_NaN(),
                       std::numeric_limits<T>::denorm_min(),
                       -std::numeric_limits<T>::denorm_min(),
                       std::numeric_limits<T>::max()};
  std::copy(std::begin(special), std::end(special), x.data() + half);
  return x;
}

}  // namespace ampsft::test
