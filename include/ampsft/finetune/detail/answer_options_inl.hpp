// SPDX-License-Identifier: MIT
/// @file
/// How the settings of an answer and those of its model come together.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/answer_options.hpp>
#include <ampsft/generate/generation_defaults.hpp>
#include <ampsft/generate/sampling.hpp>
#include <ampsft/generate/stop_strings.hpp>

namespace ampsft {

namespace detail {

/// The settings that were asked for, else the model's, else the usual ones.
inline SamplingOptions sampling_of(const AnswerOptions& asked, const GenerationDefaults& own) {
  const bool any = asked.temperature || asked.top_k || asked.top_p || asked.repetition_penalty;
  const bool likeliest = asked.greedy || (!any && own.sample && !*own.sample);
  SamplingOptions sampling;
  sampling.temperature = likeliest ? 0.0 : asked.temperature.value_or(own.temperature.value_or(0.7));
  sampling.top_k = asked.top_k.value_or(own.top_k.value_or(0));
  sampling.top_p = asked.top_p.value_or(own.top_p.value_or(0.9));
  sampling.repetition_penalty = asked.repetition_penalty.value_or(own.repetition_penalty.value_or(1.0));
  sampling.seed = asked.seed;
  sampling.validate();
  return sampling;
}

}  // namespace detail

AMPSFT_HEADER_INLINE void AnswerOptions::validate() const {
  require(max_tokens >= 1, "an answer must have room for at least 1 token, not ", max_tokens);
  static_cast<void>(detail::sampling_of(*this, {}));
  static_cast<void>(StopStrings(stops));
}

}  // namespace ampsft
