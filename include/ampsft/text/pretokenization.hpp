// SPDX-License-Identifier: MIT
/// @file
/// How a pretrained tokenizer cuts text into the words that its merges never cross.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/text/detail/case_patterns.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/word_patterns.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// One step, by the names of Hugging Face's pre-tokenizers.
enum class PretokenizerStep {
  digits,          ///< each number on its own
  digit_runs,      ///< runs of numbers on their own
  gpt2_words,      ///< GPT-2's regular expression
  llama3_words,    ///< that of cl100k and Llama 3: up to three digits a word
  qwen2_words,     ///< the same with one digit a word
  gpt4o_words,     ///< that of o200k, GPT-4o and Phi-4-mini: words end where small letters turn into capital ones
  tekken_words,    ///< that of Mistral's Tekken: the same with one digit a word and no contractions
  space_in_front,  ///< a piece that does not begin with a space gets one
  marked_words,    ///< each U+2581, a marked space, begins a word
};

namespace detail {

/// Length of the first piece of `text`, which is not empty, under one step that looks at classes of characters.
[[nodiscard]] inline std::size_t first_piece(PretokenizerStep step, std::string_view text) {
  switch (step) {
    case PretokenizerStep::digits:
    case PretokenizerStep::digit_runs: {
      const auto no_number = [](std::uint32_t point) { return !is_number(point); };
      const std::size_t rest = run_of(text, no_number);
      return rest > 0 ? rest : run_of(text, is_number, step == PretokenizerStep::digits ? 1 : text.size());
    }
    case PretokenizerStep::gpt2_words:
      return match_gpt2(text);
    case PretokenizerStep::llama3_words:
      return match_cl100k(text, 3);
    case PretokenizerStep::qwen2_words:
      return match_cl100k(text, 1);
    case PretokenizerStep::gpt4o_words:
      return match_cased(text, {.digits = 3, .contractions = true});
    case PretokenizerStep::tekken_words:
      return match_cased(text, {.digits = 1, .contractions = false});
    case PretokenizerStep::marked_words:
    case PretokenizerStep::space_in_front:
      break;
  }
  return text.size();
}

}  // namespace detail

/// Calls `visit(word)` for every word that the steps, one after another, cut `text` into. A word is valid only during
/// its call; without `space_in_front` all of them together are the text.
template <class Visit>
void for_each_piece(std::string_view text, std::span<const PretokenizerStep> steps, Visit&& visit) {
  if (text.empty()) {
    return;
  }
  if (steps.empty()) {
    visit(text);
    return;
  }
  if (steps.front() == PretokenizerStep::space_in_front) {
    if (text.front() == ' ') {
      return for_each_piece(text, steps.subspan(1), visit);
    }
    const std::string spaced = ' ' + std::string(text);
    return for_each_piece(std::string_view(spaced), steps.subspan(1), visit);
  }
  while (!text.empty()) {
    const std::size_t size = steps.front() == PretokenizerStep::marked_words ? detail::match_marked(text)
                                                                             : detail::first_piece(steps.front(), text);
    for_each_piece(text.substr(0, size), steps.subspan(1), visit);
    text.remove_prefix(size);
  }
}

}  // namespace ampsft
