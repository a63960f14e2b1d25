// SPDX-License-Identifier: MIT
/// @file
/// A second translation unit for the plain compiler line: whatever a header defines without `inline` is then there
/// twice, and does not link.
#include <ampsft/ampsft.hpp>

double second_unit() {
  const auto matrix = ampsft::make_matrix<double>(2, 3, 0.5);
  return ampsft::map(matrix).sum();
}
