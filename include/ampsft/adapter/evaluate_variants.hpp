// SPDX-License-Identifier: MIT
/// @file
/// Losses of many variants of one model on the same text, computed together.
#pragma once

#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/data/packing.hpp>
#include <ampsft/nn/transformer.hpp>
#include <ampsft/train/evaluate.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace ampsft {

/// The mean loss of each variant (null: the base) over all targets of the rows that count.
///
/// The model is one that `attach_variants` gave `selection` to. A batch holds the same rows once a variant, so the
/// base's weights are read once for all of them, and each variant adds the small products of its scores. The loss is
/// taken a variant at a time: the head works through its rows in pieces, which must all be of one. The result is that
/// of each variant by itself, to rounding. The selection is left at the last variant. Throws `Error` for no variants,
/// fewer than 1 row at a time, and rows without a target.
template <Scalar T>
[[nodiscard]] std::vector<Evaluation> evaluate_variants(
    Transformer<T>& model, VariantSelection<T>& selection,
    const std::vector<typename VariantSelection<T>::Pointer>& variants, const PackedRows& rows,
    Index rows_at_once = 1) {
  require(!variants.empty(), "evaluate_variants: there are no variants");
  require(rows_at_once >= 1, "evaluate_variants: at least 1 row at a time must be read, not ", rows_at_once);
  Tape<T> tape(TapeMode::inference);
  std::vector<double> sums(variants.size());
  Index counted = 0;
  for (Index first = 0; first < rows.rows; first += rows_at_once) {
    const TokenBatch batch = rows.batch(first, std::min(rows_at_once, rows.rows - first));
    const auto targets =
        std::count_if(batch.targets.begin(), batch.targets.end(), [](auto target) { return target >= 0; });
    if (targets == 0) {
      continue;
    }
    const auto repeated = [&](std::span<const std::int32_t> ids) {
      std::vector<std::int32_t> all;
      for (std::size_t i = 0; i < variants.size(); ++i) {
        all.insert(all.end(), ids.begin(), ids.end());
      }
      return all;
    };
    std::vector<typename VariantSelection<T>::Pointer> chosen;
    for (const auto& variant : variants) {
      chosen.insert(chosen.end(), static_cast<std::size_t>(batch.sequences), variant);
    }
    selection.use(std::move(chosen));
    const auto tokens = repeated(batch.tokens);
    const auto documents = repeated(batch.documents);
    const auto positions = repeated(batch.positions);
    const Variable<T> hidden =
        model.hidden(tape, TokenBatch{.tokens = tokens,
                                      .sequences = batch.sequences * static_cast<Index>(variants.size()),
                                      .documents = documents,
                                      .positions = positions});
    const auto height = static_cast<Index>(batch.tokens.size());
    for (std::size_t i = 0; i < variants.size(); ++i) {
      selection.use(variants[i]);
      const auto part = hidden.map().middleRows(static_cast<Index>(i) * height, height);
      const Variable<T> loss = model.loss(tape.constant(make_matrix(part)), batch.targets);
      sums[i] += static_cast<double>(loss.value()(0, 0)) * static_cast<double>(targets);
    }
    counted += targets;
    tape.clear();
  }
  require(counted > 0, "evaluate_variants: no token of the text is to be predicted, so there is no loss");
  std::vector<Evaluation> results;
  for (const double sum : sums) {
    results.push_back({.loss = sum / static_cast<double>(counted), .tokens = counted});
  }
  return results;
}

}  // namespace ampsft
