// SPDX-License-Identifier: MIT
/// @file
/// How errors of eigenvalues are counted against a tolerance, and put into words.
#pragma once

#include <ampsft/linalg/svd_options.hpp>
#include <ampsft/linalg/svd_result.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace ampsft::detail {

/// What an algorithm hands to `finish_svd`: singular values (not scaled) with a bound on each one's error.
struct RawSvd {
  Eigen::VectorXd values;   // descending
  Eigen::VectorXd errors;   // absolute, one a value
  Eigen::MatrixXd vectors;  // the first K, by column
  bool complete = true;
  double fourth_powers = -1.0;  // of the singular values; negative: of those computed
  int passes = 1;
  SvdMethod method = SvdMethod::gram;
};

template <Scalar T>
double tolerance_of(const SvdOptions& options) {
  return options.tolerance > 0.0 ? options.tolerance : (std::same_as<T, float> ? 1e-6 : 1e-12);
}

/// The error of a root whose square is off by `error`, and by `own` beside that.
inline double root_error(double root, double error, double own = 0.0) {
  const double sum = root + std::sqrt(root * root + error);
  return (sum > 0.0 ? error / sum : 0.0) + own;
}

/// An error as `SvdOptions::tolerance` counts it. Values that `T` cannot tell from zero beside the first are zero.
template <Scalar T>
double counted_error(double value, double error, double first) {
  constexpr double thousandth = 1e-3;
  constexpr double zero = 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon());
  if (value + error <= zero * first || error == 0.0) {
    return 0.0;
  }
  return error / std::max(value, thousandth * first);
}

/// The counted errors of the first `count` values; of those beyond the last, which are 0, none.
template <Scalar T>
std::vector<double> counted_errors(const Eigen::VectorXd& values, const Eigen::VectorXd& errors, Index count) {
  std::vector<double> counted(static_cast<std::size_t>(count), 0.0);
  for (Index k = 0; k < std::min(count, values.size()); ++k) {
    counted[static_cast<std::size_t>(k)] = counted_error<T>(values(k), errors(k), values(0));
  }
  return counted;
}

/// The largest counted error of the first `count` values.
template <Scalar T>
double worst_error(const Eigen::VectorXd& values, const Eigen::VectorXd& errors, Index count) {
  const auto counted = counted_errors<T>(values, errors, count);
  return *std::max_element(counted.begin(), counted.end());
}

/// Leading values whose error is within the tolerance.
template <Scalar T>
Index trusted_values(const Eigen::VectorXd& values, const Eigen::VectorXd& errors, double tolerance) {
  Index trusted = 0;
  while (trusted < values.size() && counted_error<T>(values(trusted), errors(trusted), values(0)) <= tolerance) {
    ++trusted;
  }
  return trusted;
}

/// Empty if the error is within the tolerance.
inline std::string risk_text(SvdMethod method, int passes, Index rank, Index trusted, double error, double tolerance) {
  if (error <= tolerance) {
    return {};
  }
  std::string cure = "a larger tolerance says that this is enough";
  if (method == SvdMethod::gram) {
    cure = "a Gram matrix squares the condition; the method tsqr does not";
  } else if (method == SvdMethod::krylov) {
    cure = "more passes (most_passes) bring more digits";
  }
  return concat("singular value ", trusted + 1, " of ", rank, " may be off by ", error, " relatively, more than the ",
                tolerance, " asked for, after ", passes, passes == 1 ? " pass" : " passes", " of ", name(method), "; ",
                cure);
}

}  // namespace ampsft::detail
