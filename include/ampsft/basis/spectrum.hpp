// SPDX-License-Identifier: MIT
/// @file
/// How the energy of a row stack spreads over directions, and the figures that are read from it.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace ampsft {

/// Energies (sums of squares) of a stack of rows of width `d`, and the ratios of them.
///
/// Two figures look alike and differ by the energy in the mean: `r2` is the paper's R2, against all energy;
/// `variance_share` is principal component analysis' explained variance, against the energy around the mean.
///
/// All `d` eigenvalues may be known, or only the leading ones (a wide stack, of which a few directions were computed):
/// then what lies beyond is known by its energy alone.
struct Spectrum {
  std::vector<double> eigenvalues;  ///< of the scatter around the basis' mean, descending, at least 0
  double raw_energy = 0.0;          ///< sum of squares of all elements, not centred
  double centred_energy = 0.0;      ///< around the basis' mean; equals `raw_energy` for a basis without a mean
  Index row_width = 0;              ///< `d`, where not all eigenvalues are known; 0: they all are
  double sum_of_squares = 0.0;      ///< of all `d` eigenvalues, or an estimate of it, where not all are known

  /// `1 - (energy that mean and first k directions leave) / raw_energy`; 1 for a stack of zeros. Throws unless
  /// `0 <= k <= computed()`.
  [[nodiscard]] double r2(Index k) const { return raw_energy > 0.0 ? 1.0 - energy_after(k) / raw_energy : 1.0; }

  /// Share of the centred energy in the first `k` directions; 1 where there is no centred energy. Throws unless
  /// `0 <= k <= computed()`.
  [[nodiscard]] double variance_share(Index k) const {
    return centred_energy > 0.0 ? 1.0 - energy_after(k) / centred_energy : 1.0;
  }

  /// `(sum l)^2 / sum l^2` of the eigenvalues: how many directions the energy is spread over, 1 to `d`; 0 if there is
  /// no centred energy.
  [[nodiscard]] double participation_ratio() const;

  /// The smallest `k` whose `variance_share` is at least `share`; throws unless `share` is within 0 and 1, and if the
  /// known eigenvalues do not reach it.
  [[nodiscard]] Index rank_for_variance(double share) const;

  [[nodiscard]] Index width() const noexcept { return row_width > 0 ? row_width : computed(); }

  /// How many eigenvalues are known.
  [[nodiscard]] Index computed() const noexcept { return static_cast<Index>(eigenvalues.size()); }

  [[nodiscard]] bool complete() const noexcept { return computed() == width(); }

 private:
  /// Where all eigenvalues are known they are summed from the small end, so that the tail of a steep spectrum keeps its
  /// digits.
  [[nodiscard]] double energy_after(Index k) const;
};

/// The spectrum of a decomposition. Of one that is not complete only those eigenvalues are taken whose error is known
/// to be small, or that belong to its components.
template <Scalar T>
[[nodiscard]] Spectrum make_spectrum(const TruncatedSvd<T>& svd) {
  const Index width = cols(svd.components);
  const auto& sigma = svd.singular_values.storage();
  const auto known = static_cast<Index>(sigma.size());
  const Index kept = svd.complete ? known : std::min(known, std::max(rows(svd.components), svd.trusted));
  Spectrum spectrum;
  spectrum.eigenvalues.assign(static_cast<std::size_t>(svd.complete ? width : kept), 0.0);
  std::transform(sigma.begin(), sigma.begin() + kept, spectrum.eigenvalues.begin(), [](double s) { return s * s; });
  spectrum.raw_energy = svd.raw_energy;
  spectrum.centred_energy = svd.centred_energy;
  spectrum.row_width = svd.complete ? 0 : width;
  spectrum.sum_of_squares = svd.sum_of_fourth_powers;
  return spectrum;
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/spectrum_inl.hpp>
#endif
