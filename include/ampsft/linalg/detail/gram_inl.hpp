// SPDX-License-Identifier: MIT
/// @file
/// How an accumulator joins chunks of rows.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/simd/gram_panels.hpp>

#include <cmath>
#include <utility>

namespace ampsft {

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
  if (chunk.rows() == 0) {
    return;
  }
  const Index batches = (chunk.rows() - 1) / GramPanels<T>::best_rows(width()) + 1;
  GramPanels<T> panels = panels_for((chunk.rows() - 1) / batches + 1);
  for (Index batch = 0; batch < batches; ++batch) {
    const Index first = chunk.rows() * batch / batches;
    const Index count = chunk.rows() * (batch + 1) / batches - first;
    parallel_for(count, (Index{1} << 14) / width() + 1,
                 [&](Index begin, Index end) { panels.put(begin, chunk.middleRows(first + begin, end - begin)); });
    add(panels, count);
  }
}

template <Scalar T>
void GramAccumulator<T>::add(GramPanels<T>& panels, Index count) {
  require(panels.width() == width(), "rows of width ", panels.width(), " cannot join an accumulator of width ",
          width());
  RowVector mean(width());
  raw_energy_ += panels.centre(count, MatrixMap<double>(mean.data(), 1, width()));
  panels.put_row(count, join(mean, count));  // the step between the means is one more row of the product
  panels.add_products(count + 1, map(scatter_));
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
  Matrix<double> both = make_matrix<double>(width(), width());
  map(both) = map(scatter_).template selfadjointView<Eigen::Lower>();
  return both;
}

template <Scalar T>
Matrix<double> GramAccumulator<T>::second_moment() const {
  Matrix<double> moment = scatter();
  map(moment).noalias() += static_cast<double>(count_) * map(mean_).transpose() * map(mean_);
  return moment;
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

AMPSFT_INSTANCE(class GramAccumulator<float>);
AMPSFT_INSTANCE(class GramAccumulator<double>);

}  // namespace ampsft
