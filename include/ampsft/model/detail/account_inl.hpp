// SPDX-License-Identifier: MIT
/// @file
/// Bodies of account.hpp.
#pragma once

#include <ampsft/basis/accounting.hpp>
#include <ampsft/core/checked.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/account.hpp>
#include <ampsft/model/transformer.hpp>

#include <string>

namespace ampsft {

template <Scalar T>
Accounting account(Transformer<T>& model, Index rank) {
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
