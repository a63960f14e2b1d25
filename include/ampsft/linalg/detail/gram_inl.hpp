// SPDX-License-Identifier: MIT
/// @file
/// How an accumulator joins chunks of rows.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/simd/gram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

inline constexpr Index few_gram_rows = 64;
inline constexpr Index gram_rows_per_thread = 4 * GramSums<double>::tile_rows;

}  // namespace detail

template <Scalar T>
GramAccumulator<T>::GramAccumulator(Index width) {
  require(width >= 1, "rows to accumulate must have a width of at least 1, not ", width);
  mean_ = make_matrix<double>(1, width, 0.0);
  scatter_ = make_matrix<double>(width, width, 0.0);
}

template <Scalar T>
GramAccumulator<T> GramAccumulator<T>::restored(Index count, Matrix<double> mean, Matrix<double> lower_scatter,
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

template <Scalar T>
void GramAccumulator<T>::add(const ConstView<T>& chunk) {
  require(chunk.cols() == width(), "rows of width ", chunk.cols(), " cannot join an accumulator of width ", width());
  const Index count = chunk.rows();
  const Index pieces = std::clamp<Index>(count / detail::gram_rows_per_thread, 1, thread_count());
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

template <Scalar T>
void GramAccumulator<T>::merge(const GramAccumulator& other) {
  require(other.width() == width(), "an accumulator of width ", other.width(), " cannot join one of width ", width());
  const RowVector step = join(map(other.mean_), other.count_);
  map(scatter_) += map(other.scatter_);
  map(scatter_).template selfadjointView<Eigen::Lower>().rankUpdate(step.transpose());
  raw_energy_ += other.raw_energy_;
}

template <Scalar T>
double GramAccumulator<T>::centred_energy() const {
  return map(scatter_).trace();
}

template <Scalar T>
Matrix<double> GramAccumulator<T>::scatter() const {
  return make_matrix(EigenMatrix<double>(map(scatter_).template selfadjointView<Eigen::Lower>()));
}

template <Scalar T>
Matrix<double> GramAccumulator<T>::second_moment() const {
  Matrix<double> moment = scatter();
  map(moment) += static_cast<double>(count_) * map(mean_).transpose() * map(mean_);
  return moment;
}

template <Scalar T>
void GramAccumulator<T>::add_rows(const ConstView<T>& rows) {
  if (rows.rows() < detail::few_gram_rows) {
    add_few(rows);
    return;
  }
  const Index count = rows.rows();
  RowVector centre = RowVector::Zero(width());
  for (Index i = 0; i < detail::few_gram_rows; ++i) {
    centre += rows.row(i * count / detail::few_gram_rows).template cast<double>() /
              static_cast<double>(detail::few_gram_rows);
  }
  GramSums<double> sums(EigenMatrix<double>(centre), 1.0);
  EigenMatrix<double> tile;
  for (Index first = 0; first < count; first += GramSums<double>::tile_rows) {
    tile = rows.middleRows(first, std::min(GramSums<double>::tile_rows, count - first)).template cast<double>();
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

template <Scalar T>
void GramAccumulator<T>::add_few(const ConstView<T>& rows) {
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

template <Scalar T>
typename GramAccumulator<T>::RowVector GramAccumulator<T>::join(const RowVector& mean, Index count) {
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

template <Scalar T>
template <class Rows>
double GramAccumulator<T>::energy(const Rows& rows) {
  const double sum = rows.squaredNorm();
  return sum == 0.0 && (rows.array() != 0.0).any() ? std::numeric_limits<double>::denorm_min() : sum;
}

AMPSFT_INSTANCE(class GramAccumulator<float>);
AMPSFT_INSTANCE(class GramAccumulator<double>);

}  // namespace ampsft
