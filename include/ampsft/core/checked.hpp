// SPDX-License-Identifier: MIT
/// @file
/// Sums and products of counts that say so where they do not fit an Index.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>

#include <initializer_list>
#include <limits>
#include <string_view>

namespace ampsft {

/// The sum of counts; throws `Error` that names `what` if it is above 2^63 - 1, or one of them negative.
[[nodiscard]] inline Index checked_sum(std::initializer_list<Index> terms, std::string_view what) {
  Index sum = 0;
  for (const Index term : terms) {
    require(term >= 0 && sum <= std::numeric_limits<Index>::max() - term, what, " are negative, or more than 2^63 - 1");
    sum += term;
  }
  return sum;
}

/// The product of counts; throws `Error` that names `what` if it is above 2^63 - 1, or one of them negative.
[[nodiscard]] inline Index checked_product(std::initializer_list<Index> factors, std::string_view what) {
  Index product = 1;
  for (const Index factor : factors) {
    require(factor >= 0 && (factor == 0 || product <= std::numeric_limits<Index>::max() / factor), what,
            " are negative, or more than 2^63 - 1");
    product *= factor;
  }
  return product;
}

}  // namespace ampsft
