// SPDX-License-Identifier: MIT
/// @file
/// Orthonormal rows, from given rows or at random.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>

namespace ampsft {

/// Orthonormal rows that span what the given rows span, row by row (the first k span the first k's space).
///
/// `rows`: `K x d`, `K` at most `d`, finite. Each result row points to the same side as the given one, so that rows
/// which are orthonormal already change by rounding only. A row that depends on those before it is replaced by some
/// direction orthogonal to all. Throws on more rows than columns and on NaN or infinity. Householder QR in double:
/// `4 d K^2` operations, `2 d K` doubles.
template <Scalar T>
[[nodiscard]] Matrix<T> orthonormal_rows(const Matrix<T>& rows);

/// `count` orthonormal rows of the given width, distributed evenly over all such (Haar measure: QR of normal numbers
/// with a positive diagonal, Mezzadri 2007).
///
/// Throws unless `1 <= count <= width`. Draws `2 count width` uniform numbers from `random`.
template <Scalar T>
[[nodiscard]] Matrix<T> random_orthonormal(Index count, Index width, Random& random);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/linalg/detail/orthonormalize_inl.hpp>
#endif
