// SPDX-License-Identifier: MIT
/// @file
/// Where a model's parameters go when its weights are written in a universal basis: the paper's decomposition table.
#pragma once

#include <ampsft/core/checked.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// Rows of one width that share one basis.
struct StackShape {
  Index rows = 0;
  Index width = 0;
  Index rank = 0;
};

/// The paper's counts (its table "Decomposition"); all are numbers of stored elements.
struct Accounting {
  Index score_coefficients = 0;  ///< rows x rank: what is trained
  Index basis = 0;               ///< rank x width
  Index non_weight = 0;          ///< everything outside the stacks, buffers as well
  Index weight_structure = 0;    ///< what basis and scores need not store; below 0 if they store more than the weights
  Index total = 0;               ///< rows x width + non-weight
  Index unique_parameters = 0;   ///< trainable parameters of the model, a tied matrix counted once
  Index stacked_rows = 0;        ///< a tied matrix counted twice if it was stacked twice
  Index rank = 0;                ///< of the bases; 0 if they differ
};

/// Counts stacks of rows and what lies outside of them; throws on negative counts, a rank outside 1 to the
/// width, and sums above 2^63 - 1.
[[nodiscard]] AMPSFT_HEADER_INLINE Accounting make_accounting(const std::vector<StackShape>& stacks, Index non_weight,
                                                              Index unique_parameters);

/// An integer with a comma before each group of three digits: 16,230,400.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string with_thousands(Index value);

namespace detail {

/// As the paper rounds: two decimals below 10 %, else one; the whole is "100%".
AMPSFT_HEADER_INLINE std::string percent(Index part, Index whole);

}  // namespace detail

/// The paper's table "Decomposition" as lines of text, each ended by a newline.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string format_accounting(const Accounting& counts);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/accounting_inl.hpp>
#endif
