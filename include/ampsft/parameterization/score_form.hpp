// SPDX-License-Identifier: MIT
/// @file
/// Which weight scores stand for.
#pragma once

namespace ampsft {

/// Which weight the scores stand for.
enum class ScoreForm {
  exact_start,  ///< `W = W0 + S B`, `S` starts at 0: training starts at the untouched model
  truncated,    ///< `W = S B + 1 mu'`, `S = (W0 - mu) B'`: the paper's form, which starts at a damaged model
};

/// "exact start" or "truncated".
[[nodiscard]] constexpr const char* score_form_name(ScoreForm form) noexcept {
  return form == ScoreForm::exact_start ? "exact start" : "truncated";
}

}  // namespace ampsft
