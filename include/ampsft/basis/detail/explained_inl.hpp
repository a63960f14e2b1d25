// SPDX-License-Identifier: MIT
/// @file
/// Figures of what a basis explains.
#pragma once

#include <ampsft/basis/explained.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <cstddef>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE double Explained::left(Index k) const {
  require(k >= 0 && k <= rank(), "the rank must be 0 to the basis' ", rank(), ", not ", k);
  double energy = centred_energy;
  for (Index i = 0; i < k; ++i) {
    energy -= score_energy[static_cast<std::size_t>(i)];
  }
  return energy > 0.0 ? energy : 0.0;  // what is left of everything may round below it
}

AMPSFT_HEADER_INLINE Explained& Explained::operator+=(const Explained& other) {
  if (rows == 0 || other.rows == 0) {
    return rows == 0 ? *this = other : *this;
  }
  require(other.rank() == rank(), "energies of ", other.rank(), " directions cannot be added to those of ", rank());
  rows += other.rows;
  raw_energy += other.raw_energy;
  centred_energy += other.centred_energy;
  for (std::size_t i = 0; i < score_energy.size(); ++i) {
    score_energy[i] += other.score_energy[i];
  }
  return *this;
}

AMPSFT_HEADER_INLINE std::vector<Index> ranks_up_to(Index rank) {
  std::vector<Index> ranks;
  for (Index k = 1; k < rank; k *= 2) {
    ranks.push_back(k);
  }
  if (rank >= 1) {
    ranks.push_back(rank);
  }
  return ranks;
}

}  // namespace ampsft
