// SPDX-License-Identifier: MIT
/// @file
/// From groups of matrices to their bases, of whatever kind and rank the options ask for.
#pragma once

#include <ampsft/basis/stack_moments.hpp>
#include <ampsft/basis/universal_basis.hpp>

#include <optional>
#include <string>
#include <vector>

#include "decompose/options.hpp"
#include "decompose/source.hpp"

namespace decompose {

using Basis = ampsft::UniversalBasis<float>;
using Moments = ampsft::StackMoments<float>;

/// The basis of each stack, in their order; none for a stack that a budget leaves without.
using Bases = std::vector<std::optional<Basis>>;

/// Fits or fetches the bases of a model's stacks; shows progress.
[[nodiscard]] Bases make_bases(const Options& options, const Source& source);

/// The bases of moments that were accumulated before.
[[nodiscard]] Bases make_bases(const Options& options, const std::vector<Moments>& moments);

/// Reads all stacks once and accumulates their moments; shows progress.
[[nodiscard]] std::vector<Moments> accumulate_all(const Source& source);

/// Throws unless merged moments are those of exactly the model's stacks and matrices, by name and shape.
void require_same_matrices(const std::vector<Moments>& moments, const Source& source);

}  // namespace decompose
