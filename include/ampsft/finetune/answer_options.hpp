// SPDX-License-Identifier: MIT
/// @file
/// How a model answers.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// Settings of an answer. What is empty is taken from the model's own settings (`generation_config.json`), else
/// temperature 0.7, top-p 0.9 and no penalty.
struct AnswerOptions {
  Index max_tokens = 512;                  ///< of an answer, at most
  std::optional<double> temperature = {};  ///< 0: always the likeliest token
  std::optional<Index> top_k = {};         ///< of so many of the likeliest tokens; 0: all
  std::optional<double> top_p = {};        ///< of the likeliest tokens that have this probability together
  std::optional<double> repetition_penalty = {};
  bool greedy = false;                  ///< always the likeliest token
  std::vector<std::string> stops = {};  ///< texts that end an answer
  std::uint64_t seed = 0;               ///< the same seed, the same answers
  std::string system = {};              ///< the message that a chat begins with; empty: the template's own
  /// Gets the answer piece by piece; returning false ends it.
  std::function<bool(std::string_view)> on_text = nullptr;

  /// Throws `Error` for what no model could answer by: numbers that cannot be, and a stop that is empty.
  void validate() const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/answer_options_inl.hpp>
#endif
