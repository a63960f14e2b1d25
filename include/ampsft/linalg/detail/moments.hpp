// SPDX-License-Identifier: MIT
/// @file
/// Mean and Gram matrix of a whole stack in one pass, summed in float or in double.
#pragma once

#include <ampsft/linalg/detail/stack.hpp>
#include <ampsft/simd/gram.hpp>

#include <cmath>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// `gram` is `scale^2 sum (x - m)' (x - m)` with `m` the mean or, if not centred, 0; the energies are not scaled.
struct Moments {
  Index count = 0;
  double scale = 1.0;
  Eigen::RowVectorXd mean;
  Eigen::MatrixXd gram;  // both triangles
  double raw_energy = 0.0;
  double energy = 0.0;  // of what `gram` is of
};

/// Rows that outweigh the start of a thread and the merging of its sums.
constexpr Index gram_rows_a_thread(Index width) noexcept {
  return std::max<Index>(1024, 2 * width);
}

/// Sums of rows `begin` to `end` in `S`, which is `T` or double.
template <Scalar S, Scalar T>
void add_rows(GramSums<S>& sums, const Stack<T>& stack, Index begin, Index end) {
  EigenMatrix<S> wide;
  stack.for_tiles(begin, end, GramSums<S>::tile_rows, [&](const ConstStridedMap<T>& rows) {
    if constexpr (std::same_as<S, T>) {
      sums.add(rows);
    } else {
      wide = rows.template cast<S>();
      sums.add(wide);
    }
  });
}

template <Scalar S, Scalar T>
GramSums<S> gram_sums(const Stack<T>& stack, const Frame& frame) {
  const EigenMatrix<S> centre = frame.centre.template cast<S>();
  const Index pieces = stack.pieces(gram_rows_a_thread(stack.width()));
  std::vector<GramSums<S>> parts(static_cast<std::size_t>(pieces), GramSums<S>(centre, static_cast<S>(frame.scale)));
  parallel_for(pieces, 1, [&](Index first, Index last) {
    for (Index piece = first; piece < last; ++piece) {
      add_rows(parts[static_cast<std::size_t>(piece)], stack, stack.rows() * piece / pieces,
               stack.rows() * (piece + 1) / pieces);
    }
  });
  for (std::size_t piece = 1; piece < parts.size(); ++piece) {
    parts.front().merge(parts[piece]);
  }
  return std::move(parts.front());
}

/// `sums` seen from the mean of the rows, or from 0.
template <Scalar S>
Moments moments_of(const GramSums<S>& sums, const Frame& frame, bool centred) {
  const auto n = static_cast<double>(sums.count());
  const double s = frame.scale;
  Moments m;
  m.count = sums.count();
  m.scale = s;
  m.gram = sums.lower().template selfadjointView<Eigen::Lower>();
  const Eigen::RowVectorXd step = sums.column_sums() / n;
  m.mean = frame.centre + step / s;
  m.gram.noalias() -= n * step.transpose() * step;
  const double within = m.gram.trace() / s / s;
  m.raw_energy = within + n * m.mean.squaredNorm();
  m.energy = centred ? within : m.raw_energy;
  if (!centred) {
    const Eigen::RowVectorXd scaled = s * m.mean;
    m.gram.noalias() += n * scaled.transpose() * scaled;
  }
  return m;
}

/// Whether the sums say what they should: finite, and not lost below the smallest numbers.
template <Scalar S>
bool sums_are_sound(const GramSums<S>& sums) {
  return std::isfinite(sums.trace()) && sums.trace() >= static_cast<double>(sums.count()) * 1e-24;
}

/// The Gram matrix summed in double; `passes` grows by those over the rows. Throws on a NaN or an infinity (matrix and
/// row are named).
template <Scalar T>
Moments moments(const Stack<T>& stack, Frame frame, bool centred, int& passes) {
  auto sums = gram_sums<double>(stack, frame);
  ++passes;
  if (!sums_are_sound(sums)) {
    const double before = frame.scale;
    rescale(stack, frame);
    ++passes;
    if (frame.scale != before) {
      sums = gram_sums<double>(stack, frame);
      ++passes;
    }
    require(std::isfinite(sums.trace()), "the rows hold numbers too large to square, whatever their scale");
  }
  Moments result = moments_of(sums, frame, centred);
  require(std::isfinite(result.raw_energy), "the rows hold numbers too large to square; scale them down");
  return result;
}

}  // namespace ampsft::detail
