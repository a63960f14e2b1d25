// SPDX-License-Identifier: MIT
/// @file
/// How a basis is fitted and applied.
#pragma once

#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/linalg/detail/accuracy.hpp>
#include <ampsft/linalg/orthonormalize.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace ampsft {

AMPSFT_HEADER_INLINE BasisFit BasisFit::truncated(Index k) const {
  BasisFit fit = *this;
  fit.errors.resize(static_cast<std::size_t>(k));
  fit.error = *std::max_element(fit.errors.begin(), fit.errors.end());
  const auto first = std::find_if(fit.errors.begin(), fit.errors.end(), [&](double one) { return one > tolerance; });
  fit.risk = detail::risk_text(method, passes, k, first - fit.errors.begin(), fit.error, tolerance);
  return fit;
}

template <Scalar T>
UniversalBasis<T> UniversalBasis<T>::fit(const RowStack<T>& stack, const SvdOptions& options) {
  return from_svd(stacked_svd(job(stack, options)), "weights");
}

template <Scalar T>
std::vector<UniversalBasis<T>> UniversalBasis<T>::fit_each(const std::vector<RowStack<T>>& stacks,
                                                           const std::vector<SvdOptions>& options) {
  require(options.size() == stacks.size(), options.size(), " options cannot fit ", stacks.size(),
          " stacks; give each stack its own");
  std::vector<SvdJob<T>> jobs;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    jobs.push_back(job(stacks[i], options[i]));
  }
  std::vector<UniversalBasis> bases;
  for (const auto& svd : batched_svd(jobs)) {
    bases.push_back(from_svd(svd, "weights"));
  }
  return bases;
}

template <Scalar T>
UniversalBasis<T> UniversalBasis<T>::from_svd(const TruncatedSvd<T>& svd, std::string kind) {
  const Index width = cols(svd.components);
  UniversalBasis basis(svd.components, svd.mean.size() > 0 ? svd.mean : make_matrix<T>(1, width, T{0}),
                       std::move(kind));
  basis.spectrum_ = make_spectrum(svd);
  basis.fit_ = BasisFit{svd.method, svd.passes, svd.error, svd.risk, svd.errors, svd.tolerance};
  return basis;
}

template <Scalar T>
UniversalBasis<T> UniversalBasis<T>::random(Index width, Index rank, std::uint64_t seed) {
  Random generator(seed);
  return UniversalBasis(random_orthonormal<T>(rank, width, generator), make_matrix<T>(1, width, T{0}), "random");
}

template <Scalar T>
UniversalBasis<T> UniversalBasis<T>::from_components(Matrix<T> components, Matrix<T> mean, std::string kind) {
  const Index width = cols(components);
  require(ampsft::rows(components) >= 1 && ampsft::rows(components) <= width, "a basis of ", ampsft::rows(components),
          " x ", width, " is impossible; it needs 1 to ", width, " rows");
  const EigenMatrix<double> wide = map(components).template cast<double>();
  const Eigen::MatrixXd gram = wide * wide.transpose();
  const Eigen::MatrixXd error = gram - Eigen::MatrixXd::Identity(gram.rows(), gram.cols());
  require((error.array().abs() <= 1e-4).all(),
          "the rows of the basis are not orthonormal within 1e-4; pass them through orthonormal_rows first");
  if (mean.size() == 0) {
    mean = make_matrix<T>(1, width, T{0});
  }
  require(ampsft::rows(mean) == 1 && cols(mean) == width, "the mean of the basis is ", ampsft::rows(mean), " x ",
          cols(mean), ", expected 1 x ", width);
  require(map(mean).allFinite(), "the mean of the basis holds a NaN or an infinity");
  return UniversalBasis(std::move(components), std::move(mean), std::move(kind));
}

template <Scalar T>
UniversalBasis<T> UniversalBasis<T>::with_spectrum(const Spectrum& spectrum) const {
  require(spectrum.width() == width(), "a spectrum of width ", spectrum.width(), " does not fit a basis of width ",
          width());
  UniversalBasis result = *this;
  result.spectrum_ = spectrum;
  return result;
}

template <Scalar T>
Matrix<T> UniversalBasis<T>::scores(const ConstView<T>& weights) const {
  Matrix<T> result = make_matrix<T>(weights.rows(), rank());
  extract<T>(weights, map(components_), map(mean_), map(result));
  return result;
}

template <Scalar T>
Matrix<T> UniversalBasis<T>::reconstruct(const ConstView<T>& scores) const {
  Matrix<T> result = make_matrix<T>(scores.rows(), width());
  ampsft::reconstruct<T>(scores, map(components_), map(mean_), map(result));
  return result;
}

template <Scalar T>
Matrix<T> UniversalBasis<T>::project(const ConstView<T>& gradient) const {
  Matrix<T> result = make_matrix<T>(gradient.rows(), rank());
  ampsft::project<T>(gradient, map(components_), map(result));
  return result;
}

template <Scalar T>
UniversalBasis<T> UniversalBasis<T>::truncated(Index k) const {
  require(k >= 1 && k <= rank(), "a basis of rank ", rank(), " can be cut to 1 to ", rank(), " directions, not ", k);
  UniversalBasis result = *this;
  result.components_ = make_matrix(map(components_).topRows(k));
  if (fit_) {
    result.fit_ = fit_->truncated(k);
  }
  return result;
}

template <Scalar T>
double UniversalBasis<T>::r2(const ConstView<T>& weights) const {
  constexpr Index chunk = 1024;
  double energy = 0.0;
  double residual = 0.0;
  for (Index first = 0; first < weights.rows(); first += chunk) {
    const auto rows = weights.middleRows(first, std::min(chunk, weights.rows() - first));
    const Matrix<T> kept = scores(rows);
    const Matrix<T> rebuilt = reconstruct(map(kept));
    energy += rows.template cast<double>().squaredNorm();
    residual += (rows.template cast<double>() - map(rebuilt).template cast<double>()).squaredNorm();
  }
  if (energy > 0.0) {
    return 1.0 - residual / energy;
  }
  return residual > 0.0 ? 0.0 : 1.0;
}

template <Scalar T>
SvdJob<T> UniversalBasis<T>::job(const RowStack<T>& stack, const SvdOptions& options) {
  require(stack.rows() > 0, "a basis cannot be fitted to an empty stack; add a matrix first");
  require(options.rank >= 1 && options.rank <= stack.width(), "the rank of a basis for rows of width ", stack.width(),
          " must be 1 to ", stack.width(), ", not ", options.rank);
  return {.blocks = stack.blocks(), .options = options};
}

AMPSFT_INSTANCE(class UniversalBasis<float>);
AMPSFT_INSTANCE(class UniversalBasis<double>);

}  // namespace ampsft
