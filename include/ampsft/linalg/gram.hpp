// SPDX-License-Identifier: MIT
/// @file
/// Streams the rows of a tall matrix into their count, mean and centred scatter matrix.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/gram_panels.hpp>

namespace ampsft {

/// Count, mean and centred scatter `sum (x - mean)' (x - mean)` of rows of one width, in one pass, in double.
///
/// Some hundred rows at a time are centred, before they are multiplied, on their mean, and joined to the rest by the
/// update of Chan, Golub and LeVeque (1979). So a mean of many standard deviations costs no digits, wherever in the
/// stream it changes. Products of float rows are exact in double.
///
/// Memory: `d^2` doubles, and while `add` runs at most `0.3 d^2` more, or 256 KiB, whatever the number of threads.
/// Time: `n d^2 / 2` multiply-adds and `d^2` a chunk, so chunks of some hundred rows are best. The result repeats bit
/// for bit with the same chunks, whatever the number of threads; with others it differs by rounding only.
template <Scalar T>
class GramAccumulator {
 public:
  /// Starts without rows; throws unless `width` is at least 1.
  explicit GramAccumulator(Index width);

  /// What an accumulator had seen that told its `count`, `mean` (`1 x d`), `lower_scatter` (`d x d`) and `raw_energy`.
  /// Throws unless they fit each other (the energy is that of mean and scatter), are finite, and energies are not
  /// negative.
  [[nodiscard]] static GramAccumulator restored(Index count, Matrix<double> mean, Matrix<double> lower_scatter,
                                                double raw_energy);

  /// Adds the rows of a chunk, `n x width`, `n` may be 0; throws if the width differs. A NaN or an infinity makes
  /// `raw_energy()` not finite and is the caller's to find.
  void add(const ConstView<T>& chunk);

  /// Memory for `count` rows that `add` takes.
  [[nodiscard]] GramPanels<T> panels_for(Index count) const { return {width(), count + 1}; }

  /// Adds the first `count` rows of `panels`, which has place for one more; they are others afterwards. Errors as for
  /// rows that lie elsewhere.
  void add(GramPanels<T>& panels, Index count);

  /// Adds all the rows that another accumulator has seen; throws if the width differs. Time: `d^2`.
  void merge(const GramAccumulator& other);

  [[nodiscard]] Index width() const noexcept { return cols(mean_); }

  /// Rows seen.
  [[nodiscard]] Index count() const noexcept { return count_; }

  /// Column means, `1 x d`; zeros before the first row.
  [[nodiscard]] const Matrix<double>& mean() const noexcept { return mean_; }

  /// Sum of the squares of all elements seen, not centred; 0 only if all elements are.
  [[nodiscard]] double raw_energy() const noexcept { return raw_energy_; }

  /// Sum of the squares of all elements seen after the column means are taken away.
  [[nodiscard]] double centred_energy() const;

  /// `sum (x - mean)' (x - mean)`, `d x d`, both triangles.
  [[nodiscard]] Matrix<double> scatter() const;

  /// The same without a copy; what stands above the diagonal means nothing.
  [[nodiscard]] const Matrix<double>& lower_scatter() const noexcept { return scatter_; }

  /// `sum x' x`, `d x d`, both triangles.
  [[nodiscard]] Matrix<double> second_moment() const;

 private:
  using RowVector = Eigen::RowVectorXd;

  GramAccumulator() = default;

  /// Moves count and mean on by `count` rows of that mean; returns the row whose square the scatter gains by it.
  RowVector join(const RowVector& mean, Index count);

  Index count_ = 0;
  double raw_energy_ = 0.0;
  Matrix<double> mean_;
  Matrix<double> scatter_;  // only the lower triangle is kept up to date
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/linalg/detail/gram_inl.hpp>
#endif
