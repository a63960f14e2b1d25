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
[[nodiscard]] Accounting account(Transformer<T>& model, Index rank) {
  const auto& config = model.config();
  Index stacked_rows = 0;
  Index unique_stacked = 0;
  Index unique = 0;
  for (const auto* weight : model.weights()) {
    require(!weight->is_adapted(), weight->name(), " is parameterised as ", weight->kind(),
            "; count the model before scores are attached");
    const bool tied_again = weight->name() == "lm_head.weight" && config.tied_head;
    const Index stacked = weight->cols() == config.hidden_size ? weight->rows() : 0;
    stacked_rows += stacked;
    unique_stacked += tied_again ? 0 : stacked * config.hidden_size;
    unique += tied_again || weight->own_parameter() != nullptr ? 0 : weight->rows() * weight->cols();  // frozen ones
  }
  for (const auto* parameter : model.parameters()) {
    unique += parameter->size();
  }
  const std::string what = concat("the numbers of ", config.layers.size(), " masks for a context of ", config.context);
  const Index masks = checked_product({config.layers.size(), config.context, config.context}, what);
  const Index others = checked_sum({unique - unique_stacked, masks}, what);
  return make_accounting({{stacked_rows, config.hidden_size, rank}}, others, unique);
}

AMPSFT_INSTANCE(Accounting account(Transformer<float>&, Index));
AMPSFT_INSTANCE(Accounting account(Transformer<double>&, Index));

}  // namespace ampsft
