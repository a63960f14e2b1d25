// SPDX-License-Identifier: MIT
/// @file
/// Splits text into words as pretrained tokenizers do. Merges never cross words.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/case_patterns.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/word_patterns.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// One step of a pre-tokenizer; steps are applied one after another.
enum class PretokenizerStep {
  digits,          ///< each number character is a word
  digit_runs,      ///< each run of number characters is a word
  gpt2_words,      ///< the pattern of GPT-2
  llama3_words,    ///< the pattern of cl100k and Llama 3: up to three digits in a word
  qwen2_words,     ///< the same with one digit in a word
  gpt4o_words,     ///< the pattern of o200k, GPT-4o and Phi-4-mini: words end where lower case meets upper case
  tekken_words,    ///< the pattern of Mistral's Tekken: the same with one digit in a word, without contractions
  space_in_front,  ///< adds a space in front of a piece that does not begin with one
  marked_words,    ///< each U+2581, the mark of a space, begins a word
};

namespace detail {

/// The length of the first piece of `text`, which is not empty, for a step that depends on classes of characters.
[[nodiscard]] AMPSFT_HEADER_INLINE std::size_t first_piece(PretokenizerStep step, std::string_view text);

}  // namespace detail

/// Splits `text` by the steps and calls `visit(word)` for every word, in order. A word is valid during its call only.
/// Without `space_in_front`, the words concatenated are the text.
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

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/pretokenization_inl.hpp>
#endif
