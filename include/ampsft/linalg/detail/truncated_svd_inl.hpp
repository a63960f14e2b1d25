// SPDX-License-Identifier: MIT
/// @file
/// How `truncated_svd` chooses among the algorithms, and what it makes of their results.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/linalg/detail/dense.hpp>
#include <ampsft/linalg/detail/gram_svd.hpp>
#include <ampsft/linalg/detail/krylov_svd.hpp>
#include <ampsft/linalg/detail/tsqr.hpp>
#include <ampsft/linalg/orthonormalize.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace ampsft {

namespace detail {

/// The sign rule of `TruncatedSvd`.
inline void fix_signs(Matrix<double>& components) {
  for (Index k = 0; k < rows(components); ++k) {
    auto component = map(components).row(k);
    const double threshold = (1.0 - 1e-6) * component.cwiseAbs().maxCoeff();
    Index lead = 0;
    while (std::abs(component(lead)) < threshold) {
      ++lead;
    }
    if (component(lead) < 0.0) {
      component = -component;
    }
  }
}

/// Orthonormal components with their signs fixed, and how far all of it is to be trusted.
template <Scalar T>
TruncatedSvd<T> finish_svd(const RawSvd& raw, const Moments& moments, const SvdOptions& options) {
  Matrix<double> components = make_matrix<double>(options.rank, moments.mean.cols(), 0.0);
  map(components).topRows(raw.vectors.cols()) = raw.vectors.transpose();
  components = orthonormal_rows(components);
  fix_signs(components);
  const double tolerance = tolerance_of<T>(options);
  const Index trusted = trusted_values<T>(raw.values, raw.errors, tolerance);
  TruncatedSvd<T> svd;
  svd.components = make_matrix(map(components).template cast<T>());
  svd.singular_values = make_matrix(raw.values.transpose());
  svd.mean = make_matrix(moments.mean.topRows(options.centred ? 1 : 0).template cast<T>());
  svd.raw_energy = moments.raw_energy;
  svd.centred_energy = moments.energy;
  svd.count = moments.count;
  svd.method = raw.method;
  svd.passes = raw.passes;
  svd.complete = raw.complete;
  svd.trusted = trusted;
  svd.errors = counted_errors<T>(raw.values, raw.errors, options.rank);
  svd.error = *std::max_element(svd.errors.begin(), svd.errors.end());
  svd.tolerance = tolerance;
  svd.sum_of_fourth_powers = raw.fourth_powers >= 0.0 ? raw.fourth_powers : raw.values.array().square().square().sum();
  svd.risk = risk_text(raw.method, raw.passes, options.rank, trusted, svd.error, tolerance);
  return svd;
}

/// Widths up to which the Gram matrix is always taken.
inline constexpr Index gram_width = 1024;

/// Whether a Gram matrix takes less time than a Krylov space of some ten passes; see bench/RESULTS.md for the
/// crossovers that these factors were fitted to.
inline bool gram_is_cheaper(Index rows, Index width, Index rank) {
  const auto n = static_cast<double>(rows);
  const auto d = static_cast<double>(width);
  const double gram = n * d * d + 14.0 * d * d * d;
  const double krylov = 12.0 * 4.0 * n * d * static_cast<double>(rank + 8);
  return width <= gram_width || gram <= 2.0 * krylov;
}

template <Scalar T>
RawSvd raw_svd(const Stack<T>& stack, const SvdOptions& options, Moments& moments) {
  switch (options.method) {
    case SvdMethod::gram:
      return gram_svd(stack, options, moments);
    case SvdMethod::krylov:
      return krylov_svd(stack, options, moments);
    case SvdMethod::tsqr:
      return tsqr_svd(stack, options, moments);
    case SvdMethod::dense:
      return dense_svd(stack, options, moments);
    case SvdMethod::automatic:
      break;
  }
  if (stack.rows() <= stack.width() && stack.rows() <= gram_width) {
    return dense_svd(stack, options, moments);
  }
  if (!gram_is_cheaper(stack.rows(), stack.width(), options.rank)) {
    return krylov_svd(stack, options, moments);
  }
  RawSvd svd = gram_svd(stack, options, moments);
  if (stack.width() <= gram_width && worst_error<T>(svd.values, svd.errors, options.rank) > tolerance_of<T>(options)) {
    const int passes = svd.passes;
    svd = tsqr_svd(stack, options, moments);
    svd.passes += passes;
  }
  return svd;
}

}  // namespace detail

template <Scalar T>
TruncatedSvd<T> truncated_svd(std::span<const RowBlock<T>> blocks, const SvdOptions& options) {
  const detail::Stack<T> stack(blocks, options.on_rows);
  detail::require_rank(options.rank, stack.width());
  require(std::isfinite(options.tolerance) && options.tolerance >= 0.0,
          "the tolerance must be 0 (the default) or more,", " not ", options.tolerance);
  detail::Moments moments;
  const detail::RawSvd raw = detail::raw_svd(stack, options, moments);
  return detail::finish_svd<T>(raw, moments, options);
}

template <Scalar T>
TruncatedSvd<T> truncated_svd(const GramAccumulator<T>& gram, SvdOptions options, const ChooseRank& choose) {
  options.rank = choose ? 1 : options.rank;
  detail::require_rank(options.rank, gram.width());
  require(options.method == SvdMethod::automatic || options.method == SvdMethod::gram,
          "an accumulated Gram matrix cannot be decomposed by the method ", name(options.method),
          "; use truncated_svd on the rows themselves");
  require(gram.count() >= 1, "a singular value decomposition needs at least one row");
  require(std::isfinite(gram.raw_energy()), "the rows hold a NaN, an infinity or numbers too large to square");
  detail::Moments moments;
  moments.count = gram.count();
  moments.mean = map(gram.mean());
  moments.raw_energy = gram.raw_energy();
  moments.energy = options.centred ? gram.centred_energy() : gram.raw_energy();
  const auto chosen = [&](const Eigen::VectorXd& values) {
    if (choose) {
      const Eigen::VectorXd squares = values.cwiseMax(0.0);
      options.rank = choose({squares.data(), static_cast<std::size_t>(squares.size())});
      detail::require_rank(options.rank, gram.width());
    }
    return options.rank;
  };
  const Matrix<double> scatter = options.centred ? gram.scatter() : gram.second_moment();
  detail::Eigenpairs pairs = detail::leading_eigenpairs(map(scatter), options.rank, chosen);
  const double rounding = detail::double_gram_error * std::max(pairs.values(0), 0.0);
  // Each square may be off by the smallest number that there is, which counts if they are hardly larger themselves.
  using Limits = std::numeric_limits<double>;
  const double elements = static_cast<double>(gram.count()) * static_cast<double>(gram.width());
  const bool tiny = gram.raw_energy() > 0.0 && gram.raw_energy() < elements * (Limits::min() / Limits::epsilon());
  const double vanished = tiny ? elements * Limits::denorm_min() : 0.0;
  return detail::finish_svd<T>(detail::from_eigenvalues(std::move(pairs), rounding + vanished, 1.0), moments, options);
}

AMPSFT_INSTANCE(TruncatedSvd<float> truncated_svd(std::span<const RowBlock<float>>, const SvdOptions&));
AMPSFT_INSTANCE(TruncatedSvd<double> truncated_svd(std::span<const RowBlock<double>>, const SvdOptions&));
AMPSFT_INSTANCE(TruncatedSvd<float> truncated_svd(const GramAccumulator<float>&, SvdOptions, const ChooseRank&));
AMPSFT_INSTANCE(TruncatedSvd<double> truncated_svd(const GramAccumulator<double>&, SvdOptions, const ChooseRank&));

}  // namespace ampsft
