// SPDX-License-Identifier: MIT
/// @file
/// Bodies of pretokenization.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/case_patterns.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/word_patterns.hpp>
#include <ampsft/text/pretokenization.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::size_t first_piece(PretokenizerStep step, std::string_view text) {
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

}  // namespace ampsft::detail
