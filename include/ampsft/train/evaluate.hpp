// SPDX-License-Identifier: MIT
/// @file
/// Loss on held-out text.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/data/token_stream.hpp>
#include <ampsft/train/communicator.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace ampsft {

/// What a model makes of a text.
struct Evaluation {
  double loss = 0.0;  ///< mean cross-entropy in nats a token
  Index tokens = 0;   ///< targets that it was averaged over

  [[nodiscard]] double perplexity() const { return std::exp(loss); }
};

/// How much text is read, and how many windows at a time.
struct EvaluateOptions {
  Index sequences = 4;    ///< windows a batch
  Index max_windows = 0;  ///< 0: all of the text; else this many, spread evenly over it
};

/// Mean loss of the model over windows of the text that do not overlap, without dropout and without gradients.
///
/// Deterministic. Throws `Error` for options below their least values. Cost: one forward pass over the windows, shared
/// by the ranks, which all get the result; pass the same tape again to use its memory again.
template <class Model, class Dataset, Communicator C = Alone>
[[nodiscard]] Evaluation evaluate(Model& model, const Dataset& text, const EvaluateOptions& options,
                                  Tape<typename Model::scalar>& tape, const C& ranks = {}) {
  require(options.sequences >= 1 && options.max_windows >= 0, "evaluate: windows a batch must be at least 1 and the ",
          "number of windows at least 0");
  require(!tape.training(), "evaluate: needs an inference tape, or dropout would act");
  const Index all = text.window_count();
  const Index chosen = options.max_windows > 0 ? std::min(options.max_windows, all) : all;
  std::array<double, 2> sums{};  // of losses and of targets
  for (Index first = ranks.rank() * options.sequences; first < chosen; first += ranks.size() * options.sequences) {
    Batch batch;
    for (Index i = first; i < std::min(first + options.sequences, chosen); ++i) {
      const Batch window = text.window_batch(i * all / chosen, 1);
      batch.inputs.insert(batch.inputs.end(), window.inputs.begin(), window.inputs.end());
      batch.targets.insert(batch.targets.end(), window.targets.begin(), window.targets.end());
      ++batch.sequences;
    }
    const auto counted = static_cast<double>(
        std::count_if(batch.targets.begin(), batch.targets.end(), [](auto target) { return target >= 0; }));
    sums[0] +=
        static_cast<double>(model.loss(tape, batch.inputs, batch.targets, batch.sequences).value()(0, 0)) * counted;
    sums[1] += counted;
    tape.clear();
  }
  ranks.sum(std::span<double>(sums));
  return {.loss = sums[0] / sums[1], .tokens = static_cast<Index>(sums[1])};
}

/// The same with a tape of its own.
template <class Model, class Dataset>
[[nodiscard]] Evaluation evaluate(Model& model, const Dataset& text, const EvaluateOptions& options = {}) {
  Tape<typename Model::scalar> tape(TapeMode::inference);
  return evaluate(model, text, options, tape);
}

}  // namespace ampsft
