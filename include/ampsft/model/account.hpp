// SPDX-License-Identifier: MIT
/// @file
/// The paper's accounting of a transformer.
#pragma once

#include <ampsft/basis/accounting.hpp>
#include <ampsft/core/checked.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/transformer.hpp>

#include <string>

namespace ampsft {

/// What the paper counts in a model whose matrices of the residual stream's width are parameterised by scores.
///
/// Stacked are all weights with `hidden_size` columns, a tied LM head once more beside the embedding. "Non-weight" is
/// everything else that a checkpoint of the paper's program stores: narrower and wider matrices, positions, biases,
/// normalisations, and one causal mask of `context x context` a layer. Frozen weights count as dense ones do. Throws
/// `Error` if a weight is adapted already, the rank does not fit, or the masks' numbers are above 2^63 - 1. Source:
/// paper 72, "Decomposition".
template <Scalar T>
[[nodiscard]] Accounting account(Transformer<T>& model, Index rank);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/account_inl.hpp>
#endif
