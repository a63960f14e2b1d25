// SPDX-License-Identifier: MIT
/// @file
/// How the energy of a row stack spreads over directions, and the figures that are read from it.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <vector>

namespace ampsft {

/// Energies (sums of squares) of a stack of rows of width `d`, and the ratios of them.
///
/// Two figures look alike and differ by the energy in the mean: `r2` is the paper's R2, against all energy;
/// `variance_share` is principal component analysis' explained variance, against the energy around the mean.
struct Spectrum {
  std::vector<double> eigenvalues;  ///< of the scatter around the basis' mean, all `d`, descending, at least 0
  double raw_energy = 0.0;          ///< sum of squares of all elements, not centred
  double centred_energy = 0.0;      ///< around the basis' mean; equals `raw_energy` for a basis without a mean

  /// `1 - (energy that mean and first k directions leave) / raw_energy`; 1 for a stack of zeros. Throws unless
  /// `0 <= k <= d`.
  [[nodiscard]] double r2(Index k) const { return raw_energy > 0.0 ? 1.0 - energy_after(k) / raw_energy : 1.0; }

  /// Share of the centred energy in the first `k` directions; 1 where there is no centred energy. Throws unless
  /// `0 <= k <= d`.
  [[nodiscard]] double variance_share(Index k) const {
    return centred_energy > 0.0 ? 1.0 - energy_after(k) / centred_energy : 1.0;
  }

  /// `(sum l)^2 / sum l^2` of the eigenvalues: how many directions the energy is spread over, 1 to `d`; 0 if there is
  /// no centred energy.
  [[nodiscard]] double participation_ratio() const {
    if (eigenvalues.empty() || eigenvalues.front() <= 0.0) {
      return 0.0;
    }
    double sum = 0.0;
    double squares = 0.0;
    for (const double value : eigenvalues) {
      const double relative = value / eigenvalues.front();  // its square neither overflows nor vanishes
      sum += relative;
      squares += relative * relative;
    }
    return sum * sum / squares;
  }

  /// The smallest `k` whose `variance_share` is at least `share`; throws unless `share` is within 0 and 1.
  [[nodiscard]] Index rank_for_variance(double share) const {
    require(share >= 0.0 && share <= 1.0, "a share of the variance must be within 0 and 1, not ", share);
    Index k = 0;
    while (k < width() && variance_share(k) < share) {
      ++k;
    }
    return k;
  }

  [[nodiscard]] Index width() const noexcept { return static_cast<Index>(eigenvalues.size()); }

 private:
  /// Summed from the small end, so that the tail of a steep spectrum keeps its digits.
  [[nodiscard]] double energy_after(Index k) const {
    require(k >= 0 && k <= width(), "the rank must be 0 to the row width ", width(), ", not ", k);
    double sum = 0.0;
    for (auto value = eigenvalues.rbegin(); value != eigenvalues.rend() - k; ++value) {
      sum += *value;
    }
    return sum;
  }
};

/// The spectrum of a decomposition; directions beyond the singular values that were computed get 0.
template <Scalar T>
[[nodiscard]] Spectrum make_spectrum(const TruncatedSvd<T>& svd) {
  Spectrum spectrum;
  spectrum.eigenvalues.assign(static_cast<std::size_t>(cols(svd.components)), 0.0);
  std::transform(svd.singular_values.storage().begin(), svd.singular_values.storage().end(),
                 spectrum.eigenvalues.begin(), [](double sigma) { return sigma * sigma; });
  spectrum.raw_energy = svd.raw_energy;
  spectrum.centred_energy = flat(svd.singular_values).square().sum();
  return spectrum;
}

}  // namespace ampsft
