// SPDX-License-Identifier: MIT
/// @file
/// Losses of many variants of one model on the same text, computed together.
#pragma once

#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/train/evaluate.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace ampsft {

/// The mean loss of each variant (null: the base) over all targets that count.
///
/// `Dataset` as for `evaluate`; the model is one that `attach_variants` gave `selection` to. A batch holds the same
/// windows once a variant, so the base's weights are read once for all of them, and each variant adds the small
/// products of its scores. The loss is taken a variant at a time: the head works through its rows in pieces, which must
/// all be of one. The result is that of each variant by itself, to rounding. The selection is left at the last variant.
/// Throws `Error` for no variants, and as `evaluate` does.
template <Scalar T, class Dataset>
[[nodiscard]] std::vector<Evaluation> evaluate_variants(
    Transformer<T>& model, VariantSelection<T>& selection,
    const std::vector<typename VariantSelection<T>::Pointer>& variants, const Dataset& text,
    const EvaluateOptions& options = {}) {
  require(!variants.empty(), "evaluate_variants: there are no variants");
  Tape<T> tape(TapeMode::inference);
  std::vector<Evaluation> results(variants.size());
  const bool whole = detail::for_each_window_batch(text, options, Alone{}, [&](const Batch& batch) {
    const Index counted = counted_targets(batch.targets);
    if (counted == 0) {
      return;
    }
    Batch repeated;
    std::vector<typename VariantSelection<T>::Pointer> chosen;
    for (const auto& variant : variants) {
      repeated.append(batch);
      chosen.insert(chosen.end(), static_cast<std::size_t>(batch.sequences), variant);
    }
    selection.use(std::move(chosen));
    const Variable<T> hidden = model.hidden(tape, repeated.view());
    const auto height = static_cast<Index>(batch.inputs.size());
    for (std::size_t i = 0; i < variants.size(); ++i) {
      selection.use(variants[i]);
      const auto part = hidden.map().middleRows(static_cast<Index>(i) * height, height);
      const Variable<T> mean = model.loss(tape.constant(make_matrix(part)), batch.targets);
      results[i].loss += static_cast<double>(mean.value()(0, 0)) * static_cast<double>(counted);
      results[i].tokens += counted;
    }
    tape.clear();
  });
  for (Evaluation& result : results) {
    result.stopped = !whole;
    require(result.tokens > 0 || result.stopped,
            "evaluate_variants: every target of the text is ignored, so there is no loss");
    result.loss /= static_cast<double>(result.tokens);
  }
  return results;
}

}  // namespace ampsft
