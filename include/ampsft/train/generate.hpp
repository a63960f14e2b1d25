// SPDX-License-Identifier: MIT
/// @file
/// Sampling text from a model.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace ampsft {

/// How the next token is chosen.
struct SamplingOptions {
  double temperature = 1.0;  ///< 0: always the most likely token
  Index top_k = 0;           ///< only the so many most likely; 0: all
  double top_p = 1.0;        ///< only the most likely that together reach this probability
  std::uint64_t seed = 0;

  /// Throws `Error` unless temperature and top_k are at least 0 and top_p in (0, 1].
  void validate() const {
    require(temperature >= 0.0, "sampling: the temperature must not be negative, but is ", temperature);
    require(top_k >= 0, "sampling: top_k must not be negative, but is ", top_k);
    require(top_p > 0.0 && top_p <= 1.0, "sampling: top_p must be in (0, 1], not ", top_p);
  }
};

/// Draws one token from a row of logits; ties go to the lower id.
///
/// Order of the filters: temperature, top-k, top-p (Holtzman et al. 2020). Throws `Error` for no logits, a NaN among
/// them, or options that cannot be.
template <Scalar T>
[[nodiscard]] std::int32_t sample_token(std::span<const T> logits, const SamplingOptions& options, Random& random) {
  options.validate();
  require(!logits.empty(), "sampling: there are no logits");
  for (const T logit : logits) {
    require(!std::isnan(logit), "sampling: a logit is NaN");
  }
  std::vector<std::int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto likelier = [&](std::int32_t a, std::int32_t b) {
    const T x = logits[static_cast<std::size_t>(a)];
    const T y = logits[static_cast<std::size_t>(b)];
    return x > y || (x == y && a < b);
  };
  if (options.temperature == 0.0) {
    return *std::min_element(order.begin(), order.end(), likelier);
  }
  std::sort(order.begin(), order.end(), likelier);
  if (options.top_k > 0 && options.top_k < static_cast<Index>(order.size())) {
    order.resize(static_cast<std::size_t>(options.top_k));
  }
  std::vector<double> weights(order.size());
  const auto top = static_cast<double>(logits[static_cast<std::size_t>(order.front())]);
  double sum = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto logit = static_cast<double>(logits[static_cast<std::size_t>(order[i])]);
    weights[i] = logit == top ? 1.0 : std::exp((logit - top) / options.temperature);
    sum += weights[i];
  }
  double kept = 0.0;
  std::size_t count = 0;
  while (count < order.size() && (count == 0 || kept < options.top_p * sum)) {
    kept += weights[count++];
  }
  double draw = random.uniform() * kept;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    draw -= weights[i];
    if (draw < 0.0) {
      return order[i];
    }
  }
  return order[count - 1];
}

/// The `count` tokens that the model writes after `prompt`; `on_token(id)` sees each as it is drawn.
///
/// At most the last `context` tokens are read. Throws `Error` for an empty prompt or ids outside of the vocabulary.
/// Cost: one forward pass over the sequence so far a token.
template <class Model, class OnToken>
std::vector<std::int32_t> generate(Model& model, std::span<const std::int32_t> prompt, Index count,
                                   const SamplingOptions& options, OnToken&& on_token) {
  using T = typename Model::scalar;
  require(!prompt.empty(), "generate: the prompt needs at least one token");
  require(count >= 0, "generate: cannot write ", count, " tokens");
  options.validate();
  Random random(options.seed);
  Tape<T> tape(TapeMode::inference);
  std::vector<std::int32_t> text(prompt.begin(), prompt.end());
  for (Index i = 0; i < count; ++i) {
    const auto context = static_cast<std::size_t>(model.config().context);
    const auto seen = std::span<const std::int32_t>(text).last(std::min(text.size(), context));
    const Variable<T> hidden = model.hidden(tape, seen, 1);
    const Variable<T> logits = model.logits(tape.constant(make_matrix(hidden.map().bottomRows(1))));
    text.push_back(sample_token<T>({logits.value().data(), static_cast<std::size_t>(logits.cols())}, options, random));
    tape.clear();
    on_token(text.back());
  }
  return {text.begin() + static_cast<std::ptrdiff_t>(prompt.size()), text.end()};
}

/// The same without a look at each token.
template <class Model>
std::vector<std::int32_t> generate(Model& model, std::span<const std::int32_t> prompt, Index count,
                                   const SamplingOptions& options = {}) {
  return generate(model, prompt, count, options, [](std::int32_t) {});
}

AMPSFT_INSTANCE(std::int32_t sample_token(std::span<const float>, const SamplingOptions&, Random&));
AMPSFT_INSTANCE(std::int32_t sample_token(std::span<const double>, const SamplingOptions&, Random&));

}  // namespace ampsft
