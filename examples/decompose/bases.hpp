// SPDX-License-Identifier: MIT
/// @file
/// From groups of matrices to their bases, of whatever kind and rank the options ask for.
#pragma once

#include <ampsft/basis/files/partial_files.hpp>
#include <ampsft/basis/universal_basis.hpp>

#include <optional>
#include <vector>

#include "decompose/options.hpp"
#include "decompose/source.hpp"

namespace decompose {

using Basis = ampsft::UniversalBasis<float>;

/// What was found for a stack: its basis, or none where a budget leaves it without; then its energies all the same.
struct Found {
  std::optional<Basis> basis;
  double raw_energy = 0.0;
  double centred_energy = 0.0;
};

/// Of each stack, in their order.
using Bases = std::vector<Found>;

/// Fits or fetches the bases of a model's stacks; shows progress.
[[nodiscard]] Bases make_bases(const Options& options, const Source& source);

/// The bases of moments that were accumulated before, in the order of their stacks; shows progress.
[[nodiscard]] Bases make_bases(const Options& options, const ampsft::PartialFiles& partial);

/// Throws unless merged moments are those of exactly the model's stacks and matrices, by name and shape.
void require_same_matrices(const std::vector<ampsft::PartialStack>& merged, const Source& source);

}  // namespace decompose
