// SPDX-License-Identifier: MIT
/// @file
/// How a truncated SVD is to be computed.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace ampsft {

/// The algorithms; docs/explanation/svd.md says which is chosen when.
enum class SvdMethod {
  automatic,  ///< by shape and tolerance
  gram,       ///< one pass: Gram matrix and symmetric eigensolver; squares the condition
  krylov,     ///< several passes: randomised block Krylov space, for wide rows
  tsqr,       ///< one pass: triangular factor of the rows, then its SVD; does not square the condition
  dense,      ///< dense SVD of the whole matrix in double: the reference
};

/// "automatic", "gram", "krylov", "tsqr" or "dense".
[[nodiscard]] constexpr std::string_view name(SvdMethod method) noexcept {
  switch (method) {
    case SvdMethod::gram:
      return "gram";
    case SvdMethod::krylov:
      return "krylov";
    case SvdMethod::tsqr:
      return "tsqr";
    case SvdMethod::dense:
      return "dense";
    case SvdMethod::automatic:
      break;
  }
  return "automatic";
}

/// What is wanted of a truncated SVD.
struct SvdOptions {
  Index rank = 8;       ///< components wanted, 1 to the row width
  bool centred = true;  ///< take the mean over all rows away first
  SvdMethod method = SvdMethod::automatic;
  /// Relative error of the first `rank` singular values that is accepted; of those below a thousandth of the largest,
  /// relative to that thousandth. 0: 1e-6 for float, 1e-12 for double.
  double tolerance = 0.0;
  std::uint64_t seed = 1;  ///< of the random directions that `krylov` starts from
  Index most_passes = 24;  ///< passes over the rows after which `krylov` gives what it has
  /// If given, told of rows that have been read since it was last called, by whichever thread has read them.
  std::function<void(Index rows)> on_rows = nullptr;
};

}  // namespace ampsft
