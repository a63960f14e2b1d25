// SPDX-License-Identifier: MIT
/// @file
/// The universal basis: a few orthonormal directions, and a mean, that all weight rows of one width share.
#pragma once

#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/spectrum.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/batched_svd.hpp>
#include <ampsft/linalg/orthonormalize.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// How a basis was fitted, and how far to trust it.
struct BasisFit {
  SvdMethod method = SvdMethod::gram;  ///< the one that was used
  int passes = 1;                      ///< over the rows
  double error = 0.0;                  ///< estimated relative error of the singular values, see `TruncatedSvd`
  std::string risk = {};               ///< in words, when accuracy is at risk; else empty
  std::vector<double> errors = {};     ///< the estimate for each direction
  double tolerance = 0.0;              ///< that was asked for

  /// What it says of the first `k` directions.
  [[nodiscard]] BasisFit truncated(Index k) const;
};

/// `K` orthonormal directions `B` (`K x d`) and a mean `mu` (`1 x d`): a weight row is `s B + mu` with `K` scores `s`.
///
/// Source: paper 72, "How it works", steps 1 to 3 and 6. A value: copying copies `(K + 1) d` elements.
template <Scalar T = float>
class UniversalBasis {
 public:
  /// The leading right singular vectors of a stack less its column mean.
  ///
  /// Throws on an empty stack, a rank outside 1 to the width, and a NaN or infinity (the matrix and row are named).
  /// Signs: see `TruncatedSvd`. Cost and memory: those of the algorithm, see `truncated_svd`.
  [[nodiscard]] static UniversalBasis fit(const RowStack<T>& stack, const SvdOptions& options = {});

  /// One basis for each stack, each with options of its own; many small and one huge stack both use all threads.
  /// Throws as the former, and unless there are as many options as stacks.
  [[nodiscard]] static std::vector<UniversalBasis> fit_each(const std::vector<RowStack<T>>& stacks,
                                                            const std::vector<SvdOptions>& options);

  /// The same with equal options for all.
  [[nodiscard]] static std::vector<UniversalBasis> fit(const std::vector<RowStack<T>>& stacks,
                                                       const SvdOptions& options = {}) {
    return fit_each(stacks, std::vector<SvdOptions>(stacks.size(), options));
  }

  /// The leading directions and the mean of a decomposition from elsewhere, say of rows that were accumulated in parts;
  /// `kind` is a word for reports.
  [[nodiscard]] static UniversalBasis from_svd(const TruncatedSvd<T>& svd, std::string kind);

  /// Random orthonormal directions without a mean; throws unless `1 <= rank <= width`.
  [[nodiscard]] static UniversalBasis random(Index width, Index rank, std::uint64_t seed);

  /// A basis from elsewhere: `components` `K x d`, `mean` `1 x d` or empty for none.
  ///
  /// Throws unless `1 <= K <= d`, all is finite, and `|B B' - I|` is at most 1e-4 in each element (a file in single
  /// precision passes; one in half precision is to be orthonormalised first, see `orthonormal_rows`).
  [[nodiscard]] static UniversalBasis from_components(Matrix<T> components, Matrix<T> mean = {},
                                                      std::string kind = "given");

  /// `B`, `K x d`, orthonormal rows.
  [[nodiscard]] const Matrix<T>& components() const noexcept { return components_; }

  /// `mu`, `1 x d`; zeros for a basis without a mean.
  [[nodiscard]] const Matrix<T>& mean() const noexcept { return mean_; }

  [[nodiscard]] Index rank() const noexcept { return rows(components_); }
  [[nodiscard]] Index width() const noexcept { return cols(components_); }

  /// Where the directions come from: "weights", "random", "given", or whatever its maker said ("activations").
  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }

  /// Of the rows that the basis was fitted to; none for random and given ones.
  [[nodiscard]] const std::optional<Spectrum>& spectrum() const noexcept { return spectrum_; }

  /// How it was fitted; none for random and given ones.
  [[nodiscard]] const std::optional<BasisFit>& fit_report() const noexcept { return fit_; }

  /// The same basis with a spectrum that is known from elsewhere, say a file; throws unless it has the basis' width.
  [[nodiscard]] UniversalBasis with_spectrum(const Spectrum& spectrum) const;

  /// `S = (W - mu) B'`, `n x K`, of weights `n x d`; throws if the width differs.
  [[nodiscard]] Matrix<T> scores(const ConstView<T>& weights) const;

  /// `W = S B + mu`, `n x d`, of scores `n x K`; throws if the rank differs.
  [[nodiscard]] Matrix<T> reconstruct(const ConstView<T>& scores) const;

  /// `dS = dW B'`, `n x K`, of a weight gradient `n x d`; the mean takes no part. Throws if the width differs.
  [[nodiscard]] Matrix<T> project(const ConstView<T>& gradient) const;

  /// The basis of the first `k` directions, with the same spectrum; throws unless `1 <= k <= rank()`.
  [[nodiscard]] UniversalBasis truncated(Index k) const;

  /// R2 of one matrix, `1 - |W - (S B + mu)|^2 / |W|^2` (not centred); for a matrix of zeros 1 if it is met, else 0.
  ///
  /// `weights`: `n x d`; throws if the width differs. Memory: a reconstruction of 1024 rows.
  [[nodiscard]] double r2(const ConstView<T>& weights) const;

 private:
  UniversalBasis(Matrix<T> components, Matrix<T> mean, std::string kind)
      : components_(std::move(components)), mean_(std::move(mean)), kind_(std::move(kind)) {}

  static SvdJob<T> job(const RowStack<T>& stack, const SvdOptions& options);

  Matrix<T> components_;
  Matrix<T> mean_;
  std::string kind_;
  std::optional<Spectrum> spectrum_;
  std::optional<BasisFit> fit_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/universal_basis_inl.hpp>
#endif
