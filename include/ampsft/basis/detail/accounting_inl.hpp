// SPDX-License-Identifier: MIT
/// @file
/// Bodies of accounting.hpp.
#pragma once

#include <ampsft/basis/accounting.hpp>
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

AMPSFT_HEADER_INLINE Accounting make_accounting(const std::vector<StackShape>& stacks, Index non_weight,
                                                Index unique_parameters) {
  require(non_weight >= 0 && unique_parameters >= 0, "counts of parameters cannot be negative: ", non_weight,
          " outside the stacks, ", unique_parameters, " unique");
  Accounting result{.non_weight = non_weight, .total = non_weight, .unique_parameters = unique_parameters};
  for (const StackShape& stack : stacks) {
    require(stack.rows >= 0 && stack.rank >= 1 && stack.rank <= stack.width, "a stack of ", stack.rows,
            " rows of width ", stack.width, " cannot have a basis of rank ", stack.rank);
    const auto add = [](Index& sum, Index factor, Index other) {
      constexpr std::string_view what = "the numbers that are counted";
      sum = checked_sum({sum, checked_product({factor, other}, what)}, what);
    };
    add(result.score_coefficients, stack.rows, stack.rank);
    add(result.basis, stack.rank, stack.width);
    add(result.total, stack.rows, stack.width);
    add(result.stacked_rows, stack.rows, 1);
  }
  const auto same_rank = [&](const StackShape& stack) { return stack.rank == stacks.front().rank; };
  if (!stacks.empty() && std::all_of(stacks.begin(), stacks.end(), same_rank)) {
    result.rank = stacks.front().rank;
  }
  result.weight_structure =
      result.total - non_weight - checked_sum({result.score_coefficients, result.basis}, "scores and bases");
  return result;
}

AMPSFT_HEADER_INLINE std::string with_thousands(Index value) {
  std::string text = std::to_string(value);
  const std::size_t first_digit = value < 0 ? 1 : 0;
  for (std::size_t place = text.size(); place > first_digit + 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return text;
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::string percent(Index part, Index whole) {
  if (part == whole) {
    return "100%";
  }
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  std::ostringstream text;
  text << std::fixed << std::setprecision(std::abs(share) < 10.0 ? 2 : 1) << share << '%';
  return text.str();
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE std::string format_accounting(const Accounting& counts) {
  const auto share = [&](Index part) { return detail::percent(part, counts.total); };
  const std::string basis = counts.rank > 0 ? concat("Universal basis (K=", counts.rank, ")") : "Universal bases";
  const std::string trained = share(counts.score_coefficients);
  std::ostringstream table;
  const auto line = [&](const std::string& name, const std::string& count, const std::string& fraction,
                        const std::string& trainable) {
    table << std::left << std::setw(24) << name << std::right << std::setw(16) << count << std::setw(10) << fraction
          << "  " << trainable << '\n';
  };
  line("Component", "Parameters", "Fraction", "Trainable?");
  line("Score coefficients", with_thousands(counts.score_coefficients), trained, "YES");
  line(basis, with_thousands(counts.basis), share(counts.basis), "No (shared)");
  line("Non-weight params", with_thousands(counts.non_weight), share(counts.non_weight), "No (frozen)");
  line("Weight structure", with_thousands(counts.weight_structure), share(counts.weight_structure), "No (derived)");
  line("Total", with_thousands(counts.total), share(counts.total), trained);
  return table.str();
}

}  // namespace ampsft
