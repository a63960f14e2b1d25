// SPDX-License-Identifier: MIT
/// @file
/// Loss on held-out text.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/train/communicator.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace ampsft {

/// What a model makes of a text.
struct Evaluation {
  double loss = 0.0;  ///< mean cross-entropy in nats a token
  Index tokens = 0;   ///< targets that it was averaged over
  /// By `on_batch`: the loss is that of the windows which were read until then, a NaN if none had a target.
  bool stopped = false;

  [[nodiscard]] double perplexity() const { return std::exp(loss); }
};

/// How much text is read, and how many windows at a time.
struct EvaluateOptions {
  Index sequences = 4;    ///< windows a batch
  Index max_windows = 0;  ///< 0: all of the text; else this many, spread evenly over it
  /// Called after every batch, with the windows that are done and their number, on every rank; returning false on any
  /// ends the evaluation early, on that rank at once.
  std::function<bool(Index done, Index windows)> on_batch = nullptr;

  /// Throws `Error` for numbers below their least values.
  void validate() const {
    require(sequences >= 1 && max_windows >= 0, "evaluate: windows a batch must be at least 1 and the number of ",
            "windows at least 0");
  }
};

namespace detail {

/// Calls `measure(batch)` for this rank's batches of the windows that the options choose, and the options' callback;
/// false if that one ended it before the last.
template <class Dataset, Communicator C, class Measure>
[[nodiscard]] bool for_each_window_batch(const Dataset& text, const EvaluateOptions& options, const C& ranks,
                                         Measure&& measure) {
  options.validate();
  const Index all = text.window_count();
  const Index chosen = options.max_windows > 0 ? std::min(options.max_windows, all) : all;
  const Index stride = ranks.size() * options.sequences;
  for (Index first = ranks.rank() * options.sequences; first < chosen; first += stride) {
    Batch batch;
    const Index last = std::min(first + options.sequences, chosen);
    for (Index i = first; i < last; ++i) {
      batch.append(text.window_batch(i * all / chosen, 1));
    }
    measure(batch);
    if (options.on_batch && !options.on_batch(last, chosen) && first + stride < chosen) {
      return false;
    }
  }
  return true;
}

}  // namespace detail

/// Mean loss of the model over windows of the text that do not overlap, without dropout and without gradients.
///
/// `Dataset` is a `TokenStream`, a `PackedDataset`, or has their `window_count()` and `window_batch(first, count)`.
/// Every target that is not ignored weighs the same. Deterministic. Throws `Error` for options below their least
/// values, and if every target is ignored. Cost: one forward pass over the windows, shared by the ranks, which all get
/// the result; pass the same tape again to use its memory again.
template <class Model, class Dataset, Communicator C = Alone>
[[nodiscard]] Evaluation evaluate(Model& model, const Dataset& text, const EvaluateOptions& options,
                                  Tape<typename Model::scalar>& tape, const C& ranks = {}) {
  require(!tape.training(), "evaluate: needs an inference tape, or dropout would act");
  std::array<double, 3> sums{};  // of losses, of targets, of ranks that stopped
  const bool whole = detail::for_each_window_batch(text, options, ranks, [&](const Batch& batch) {
    const auto counted = static_cast<double>(counted_targets(batch.targets));
    if (counted > 0.0) {
      sums[0] += static_cast<double>(model.loss(tape, batch.view()).value()(0, 0)) * counted;
      sums[1] += counted;
      tape.clear();
    }
  });
  sums[2] = whole ? 0.0 : 1.0;
  ranks.sum(std::span<double>(sums));
  const bool stopped = sums[2] > 0.0;
  require(sums[1] > 0.0 || stopped, "evaluate: every target of the text is ignored, so there is no loss");
  return {.loss = sums[0] / sums[1], .tokens = static_cast<Index>(sums[1]), .stopped = stopped};
}

/// The same with a tape of its own.
template <class Model, class Dataset>
[[nodiscard]] Evaluation evaluate(Model& model, const Dataset& text, const EvaluateOptions& options = {}) {
  Tape<typename Model::scalar> tape(TapeMode::inference);
  return evaluate(model, text, options, tape);
}

}  // namespace ampsft
