// SPDX-License-Identifier: MIT
/// @file
/// The truncated SVD behind a C interface, so that a script can measure it beside its peers.
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <string>

using namespace ampsft;

extern "C" {

/// Components `rank x cols` and as many singular values of `rows x cols` floats less their mean; by the method of that
/// name. Returns null, or what went wrong.
const char* compare_svd(Index rows, Index cols, Index rank, const float* data, const char* method, float* components,
                        double* values, double* error) {
  static thread_local std::string message;
  try {
    SvdOptions options{.rank = rank};
    for (const SvdMethod one : {SvdMethod::gram, SvdMethod::krylov, SvdMethod::tsqr, SvdMethod::dense}) {
      options.method = name(one) == method ? one : options.method;
    }
    const RowBlock<float> block = ConstMatrixMap<float>(data, rows, cols);
    const auto svd = truncated_svd(std::span<const RowBlock<float>>(&block, 1), options);
    std::copy_n(svd.components.data(), rank * cols, components);
    std::copy_n(svd.singular_values.data(), rank, values);
    *error = svd.error;
    return nullptr;
  } catch (const std::exception& failure) {
    message = failure.what();
    return message.c_str();
  }
}

/// The eigensolver alone: all values and `rank` vectors of a `cols x cols` matrix in double, column-major.
double compare_eigensolver(const double* matrix, Index cols, Index rank) {
  const auto pairs = detail::leading_eigenpairs(Eigen::Map<const Eigen::MatrixXd>(matrix, cols, cols), rank);
  return pairs.values(0) + pairs.vectors(0, 0);
}

}  // extern "C"
