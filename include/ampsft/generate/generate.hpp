// SPDX-License-Identifier: MIT
/// @file
/// Sampling tokens from a model.
#pragma once

#include <ampsft/generate/cached_text.hpp>
#include <ampsft/generate/sampling.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

/// What to do when the text has filled the model's context.
enum class ContextEnd {
  stop,   ///< write no more
  shift,  ///< forget all but the newest half, which is computed again, and go on
};

/// How much is written, and how.
struct GenerateOptions {
  SamplingOptions sampling = {};
  Index count = std::numeric_limits<Index>::max();  ///< at most so many tokens
  std::vector<std::int32_t> stop_ids = {};          ///< tokens that end the text and do not belong to it
  ContextEnd at_context_end = ContextEnd::stop;
  /// Tokens are drawn of the ids below it; 0: of all. Models have rows for more tokens than their tokenizers (Qwen2.5:
  /// 151,936 for 151,665), whose logits mean nothing.
  Index vocabulary = 0;
};

/// Why no more was written.
enum class GenerateEnd { count, stop_id, context, callback };

/// What a model has written.
struct GeneratedTokens {
  std::vector<std::int32_t> ids;
  GenerateEnd end = GenerateEnd::count;
};

/// Goes on with a text whose last token's logits are `next` (what `append` or `become` gave).
///
/// `on_token(id)` sees each token as it is drawn, and ends the text by returning false; it may return nothing. All that
/// was written is in the text afterwards, but for the last token, which nothing has asked for yet. Cost: a pass over
/// one token for each; with `ContextEnd::shift` also a pass over half a context whenever it is full. Throws `Error` for
/// options that cannot be, a vocabulary larger than the model's among them.
template <class Model, class OnToken>
GeneratedTokens generate(CachedText<Model>& text, std::span<const typename Model::scalar> next,
                         const GenerateOptions& options, OnToken&& on_token) {
  using T = typename Model::scalar;
  options.sampling.validate();
  require(options.count >= 0, "generate: cannot write ", options.count, " tokens");
  require(options.vocabulary >= 0 && options.vocabulary <= static_cast<Index>(next.size()),
          "generate: the vocabulary must have 0 (all) to ", next.size(), " tokens, not ", options.vocabulary);
  const auto vocabulary = options.vocabulary > 0 ? static_cast<std::size_t>(options.vocabulary) : next.size();
  Random random(options.sampling.seed);
  GeneratedTokens written;
  std::vector<T> logits(next.begin(), next.end());
  while (static_cast<Index>(written.ids.size()) < options.count) {
    penalize_repetition<T>(logits, text.tokens(), options.sampling.repetition_penalty);
    const std::int32_t id = sample_token<T>(std::span(logits).first(vocabulary), options.sampling, random);
    if (std::find(options.stop_ids.begin(), options.stop_ids.end(), id) != options.stop_ids.end()) {
      written.end = GenerateEnd::stop_id;
      break;
    }
    written.ids.push_back(id);
    if constexpr (std::convertible_to<decltype(on_token(id)), bool>) {
      if (!on_token(id)) {
        written.end = GenerateEnd::callback;
        break;
      }
    } else {
      on_token(id);
    }
    if (static_cast<Index>(written.ids.size()) == options.count) {
      break;
    }
    if (text.room() == 0 && options.at_context_end == ContextEnd::stop) {
      written.end = GenerateEnd::context;
      break;
    }
    if (text.room() == 0) {
      const std::vector<std::int32_t> half(text.tokens().begin() + (text.length() + 1) / 2, text.tokens().end());
      text.forget();
      if (!half.empty()) {
        text.append(half);
      }
    }
    const auto after = text.append({&id, 1});
    logits.assign(after.begin(), after.end());
  }
  return written;
}

/// The `count` tokens that the model writes after `prompt`; `on_token(id)` sees each as it is drawn, and ends the text
/// by returning false (or nothing).
///
/// Of a prompt that is longer than the context its end is read; a context that is full is shifted by half
/// (`ContextEnd::shift`). Throws `Error` for an empty prompt or ids outside of the vocabulary. Cost: one pass over the
/// prompt, then one over each token.
template <class Model, class OnToken>
std::vector<std::int32_t> generate(Model& model, std::span<const std::int32_t> prompt, Index count,
                                   const SamplingOptions& sampling, OnToken&& on_token) {
  require(!prompt.empty(), "generate: the prompt needs at least one token");
  const auto context = static_cast<std::size_t>(model.config().context);
  CachedText<Model> text(model);
  const auto next = text.append(prompt.last(std::min(prompt.size(), context)));
  return generate(text, next, {.sampling = sampling, .count = count, .at_context_end = ContextEnd::shift},
                  std::forward<OnToken>(on_token))
      .ids;
}

/// The same without a look at each token.
template <class Model>
std::vector<std::int32_t> generate(Model& model, std::span<const std::int32_t> prompt, Index count,
                                   const SamplingOptions& sampling = {}) {
  return generate(model, prompt, count, sampling, [](std::int32_t) {});
}

}  // namespace ampsft
