// SPDX-License-Identifier: MIT
/// @file
/// Streams the rows of a tall matrix into their count, mean and centred scatter matrix.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/gram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace ampsft {

/// Count, mean and centred scatter `sum (x - mean)' (x - mean)` of rows of one width, in one pass, in double.
///
/// Each chunk is centred, before it is multiplied, on the mean of some of its rows, and joined to the rest by the
/// update of Chan, Golub and LeVeque (1979). So a mean of many standard deviations costs no digits, wherever in the
/// stream it changes. Products of float rows are exact in double.
///
/// Memory: `d^2` doubles, and as much again twice a thread while `add` runs. Time: `n d^2 / 2` multiply-adds and `d^2`
/// a chunk, so chunks of some hundred rows are best.
/// The result repeats bit for bit with the same chunks and thread count; otherwise it differs by rounding only.
template <Scalar T>
class GramAccumulator {
 public:
  /// Starts without rows; throws unless `width` is at least 1.
  explicit GramAccumulator(Index width) {
    require(width >= 1, "rows to accumulate must have a width of at least 1, not ", width);
    mean_ = make_matrix<double>(1, width, 0.0);
    scatter_ = make_matrix<double>(width, width, 0.0);
  }

  /// What an accumulator had seen that told its `count`, `mean` (`1 x d`), `lower_scatter` (`d x d`) and `raw_energy`.
  /// Throws unless they fit each other (the energy is that of mean and scatter), are finite, and energies are not
  /// negative.
  [[nodiscard]] static GramAccumulator restored(Index count, Matrix<double> mean, Matrix<double> lower_scatter,
                                                double raw_energy) {
    GramAccumulator result;
    const Index width = cols(mean);
    require(count >= 0 && width >= 1 && rows(mean) == 1 && rows(lower_scatter) == width && cols(lower_scatter) == width,
            "an accumulator of width ", width, " needs a scatter matrix of ", width, " x ", width, " and a count, not ",
            rows(lower_scatter), " x ", cols(lower_scatter), " and ", count);
    require(map(mean).allFinite() && map(lower_scatter).allFinite() && std::isfinite(raw_energy) && raw_energy >= 0.0 &&
                map(lower_scatter).diagonal().minCoeff() >= -1e-9 * raw_energy,  // a constant column rounds
            "the moments of an accumulator hold a NaN, an infinity or a negative energy");
    const double sum = map(lower_scatter).trace() + static_cast<double>(count) * map(mean).squaredNorm();
    constexpr double vanishing = 1e-290;  // squares below it have few digits or none
    require(std::abs(raw_energy - sum) <= 1e-9 * raw_energy + vanishing, "the energy of an accumulator is ", raw_energy,
            ", but that of its mean and scatter ", sum);
    result.count_ = count;
    result.raw_energy_ = raw_energy;
    result.mean_ = std::move(mean);
    result.scatter_ = std::move(lower_scatter);
    return result;
  }

  /// Adds the rows of a chunk, `n x width`, `n` may be 0; throws if the width differs. A NaN or an infinity makes
  /// `raw_energy()` not finite and is the caller's to find.
  void add(const ConstView<T>& chunk) {
    require(chunk.cols() == width(), "rows of width ", chunk.cols(), " cannot join an accumulator of width ", width());
    const Index count = chunk.rows();
    const Index pieces = std::clamp<Index>(count / rows_per_thread, 1, thread_count());
    std::vector<GramAccumulator> parts(static_cast<std::size_t>(pieces - 1), GramAccumulator(width()));
    parallel_for(pieces, 1, [&](Index begin, Index end) {
      for (Index piece = begin; piece < end; ++piece) {
        const Index first = count * piece / pieces;
        const Index last = count * (piece + 1) / pieces;
        GramAccumulator& target = piece == 0 ? *this : parts[static_cast<std::size_t>(piece - 1)];
        target.add_rows(chunk.middleRows(first, last - first));
      }
    });
    for (const GramAccumulator& part : parts) {
      merge(part);
    }
  }

  /// Adds all the rows that another accumulator has seen; throws if the width differs. Time: `d^2`.
  void merge(const GramAccumulator& other) {
    require(other.width() == width(), "an accumulator of width ", other.width(), " cannot join one of width ", width());
    const RowVector step = join(map(other.mean_), other.count_);
    map(scatter_) += map(other.scatter_);
    map(scatter_).template selfadjointView<Eigen::Lower>().rankUpdate(step.transpose());
    raw_energy_ += other.raw_energy_;
  }

  [[nodiscard]] Index width() const noexcept { return cols(mean_); }

  /// Rows seen.
  [[nodiscard]] Index count() const noexcept { return count_; }

  /// Column means, `1 x d`; zeros before the first row.
  [[nodiscard]] const Matrix<double>& mean() const noexcept { return mean_; }

  /// Sum of the squares of all elements seen, not centred; 0 only if all elements are.
  [[nodiscard]] double raw_energy() const noexcept { return raw_energy_; }

  /// Sum of the squares of all elements seen after the column means are taken away.
  [[nodiscard]] double centred_energy() const { return map(scatter_).trace(); }

  /// `sum (x - mean)' (x - mean)`, `d x d`, both triangles.
  [[nodiscard]] Matrix<double> scatter() const {
    return make_matrix(EigenMatrix<double>(map(scatter_).template selfadjointView<Eigen::Lower>()));
  }

  /// The same without a copy; what stands above the diagonal means nothing.
  [[nodiscard]] const Matrix<double>& lower_scatter() const noexcept { return scatter_; }

  /// `sum x' x`, `d x d`, both triangles.
  [[nodiscard]] Matrix<double> second_moment() const {
    Matrix<double> moment = scatter();
    map(moment) += static_cast<double>(count_) * map(mean_).transpose() * map(mean_);
    return moment;
  }

 private:
  using RowVector = Eigen::RowVectorXd;

  GramAccumulator() = default;

  static constexpr Index few_rows = 64;
  static constexpr Index tile_rows = GramSums<double>::tile_rows;
  static constexpr Index rows_per_thread = 4 * tile_rows;

  void add_rows(const ConstView<T>& rows) {
    if (rows.rows() < few_rows) {
      add_few(rows);
      return;
    }
    const Index count = rows.rows();
    RowVector centre = RowVector::Zero(width());
    for (Index i = 0; i < few_rows; ++i) {
      centre += rows.row(i * count / few_rows).template cast<double>() / static_cast<double>(few_rows);
    }
    GramSums<double> sums(EigenMatrix<double>(centre), 1.0);
    EigenMatrix<double> tile;
    for (Index first = 0; first < count; first += tile_rows) {
      tile = rows.middleRows(first, std::min(tile_rows, count - first)).template cast<double>();
      raw_energy_ += energy(tile);
      sums.add(tile);
    }
    const auto n = static_cast<double>(count);
    const RowVector off = sums.column_sums() / n;
    const RowVector step = join(centre + off, count);
    auto lower = map(scatter_).template selfadjointView<Eigen::Lower>();
    map(scatter_).template triangularView<Eigen::Lower>() += sums.lower();
    lower.rankUpdate(off.transpose(), -n);
    lower.rankUpdate(step.transpose());
  }

  /// So few that setting up `GramSums` would take longer.
  void add_few(const ConstView<T>& rows) {
    if (rows.rows() == 0) {
      return;
    }
    EigenMatrix<double> tile(rows.rows() + 1, width());
    auto top = tile.topRows(rows.rows());
    top = rows.template cast<double>();
    raw_energy_ += energy(top);
    const RowVector mean = top.colwise().mean();
    top.rowwise() -= mean;
    // The step between the means is one more row of the product.
    tile.row(rows.rows()) = join(mean, rows.rows());
    map(scatter_).template selfadjointView<Eigen::Lower>().rankUpdate(tile.transpose());
  }

  /// The sum of squares; of elements whose squares vanish the smallest number that there is, as a trace of them.
  template <class Rows>
  [[nodiscard]] static double energy(const Rows& rows) {
    const double sum = rows.squaredNorm();
    return sum == 0.0 && (rows.array() != 0.0).any() ? std::numeric_limits<double>::denorm_min() : sum;
  }

  /// Moves count and mean on by `count` rows of that mean; returns the row whose square the scatter gains by it.
  RowVector join(const RowVector& mean, Index count) {
    if (count == 0) {
      return RowVector::Zero(width());
    }
    const auto before = static_cast<double>(count_);
    const auto added = static_cast<double>(count);
    const RowVector step = mean - map(mean_);
    map(mean_) += step * (added / (before + added));
    count_ += count;
    return step * std::sqrt(before * added / (before + added));
  }

  Index count_ = 0;
  double raw_energy_ = 0.0;
  Matrix<double> mean_;
  Matrix<double> scatter_;  // only the lower triangle is kept up to date
};

AMPSFT_INSTANCE(class GramAccumulator<float>);
AMPSFT_INSTANCE(class GramAccumulator<double>);

}  // namespace ampsft
