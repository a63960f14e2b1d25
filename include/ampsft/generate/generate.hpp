// SPDX-License-Identifier: MIT
/// @file
/// Generates tokens with a model.
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

/// What to do when the context is full.
enum class ContextEnd {
  stop,   ///< end the text
  shift,  ///< keep the newest half, compute it again, and go on
};

/// Settings of `generate`.
struct GenerateOptions {
  SamplingOptions sampling = {};
  Index count = std::numeric_limits<Index>::max();  ///< the most tokens to generate
  std::vector<std::int32_t> stop_ids = {};          ///< tokens that end the text; not part of it
  ContextEnd at_context_end = ContextEnd::stop;
  /// Only ids below it are sampled; 0: all. Some models have more rows than their tokenizer has tokens (Qwen2.5:
  /// 151,936 for 151,665); the logits of the others mean nothing.
  Index vocabulary = 0;
};

/// Why generation ended.
enum class GenerateEnd { count, stop_id, context, callback };

/// Generated tokens.
struct GeneratedTokens {
  std::vector<std::int32_t> ids;
  GenerateEnd end = GenerateEnd::count;
};

/// Continues a text. `next` are the logits after its last token, as `append` or `become` returned them.
///
/// Calls `on_token(id)` for each sampled token; it ends the text by returning false, and may return nothing. Afterwards
/// the text holds all generated tokens but the last one, which no pass has read yet. Cost: a pass over each token; with
/// `ContextEnd::shift` also a pass over half a context whenever it is full. Throws `Error` for invalid options, such as
/// a vocabulary larger than the model's.
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

/// Generates `count` tokens after `prompt`. Calls `on_token(id)` for each; it ends the text by returning false, and may
/// return nothing.
///
/// Reads only the end of a prompt that is longer than the context. Shifts a full context by half (`ContextEnd::shift`).
/// Throws `Error` for an empty prompt or ids outside the vocabulary. Cost: one pass over the prompt, then one over each
/// token.
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

/// The same without a callback.
template <class Model>
std::vector<std::int32_t> generate(Model& model, std::span<const std::int32_t> prompt, Index count,
                                   const SamplingOptions& sampling = {}) {
  return generate(model, prompt, count, sampling, [](std::int32_t) {});
}

}  // namespace ampsft
