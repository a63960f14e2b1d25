// SPDX-License-Identifier: MIT
/// @file
/// Figures of a spectrum.
#pragma once

#include <ampsft/basis/spectrum.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE double Spectrum::participation_ratio() const {
  if (eigenvalues.empty() || eigenvalues.front() <= 0.0) {
    return 0.0;
  }
  if (!complete()) {
    return std::clamp(centred_energy / sum_of_squares * centred_energy, 1.0, static_cast<double>(width()));
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

AMPSFT_HEADER_INLINE Index Spectrum::rank_for_variance(double share) const {
  require(share >= 0.0 && share <= 1.0, "a share of the variance must be within 0 and 1, not ", share);
  Index k = 0;
  while (k < computed() && variance_share(k) < share) {
    ++k;
  }
  require(k < computed() || complete() || variance_share(k) >= share, "the ", computed(),
          " directions that are known hold ", variance_share(k), " of the variance, less than ", share,
          "; fit with the method gram, which gives them all");
  return k;
}

AMPSFT_HEADER_INLINE double Spectrum::energy_after(Index k) const {
  require(k >= 0 && k <= computed(), "the rank must be 0 to ", computed(), ", not ", k);
  if (!complete()) {
    return std::max(0.0, centred_energy - std::accumulate(eigenvalues.begin(), eigenvalues.begin() + k, 0.0));
  }
  return std::accumulate(eigenvalues.rbegin(), eigenvalues.rend() - k, 0.0);
}

}  // namespace ampsft
