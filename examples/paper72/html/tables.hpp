// SPDX-License-Identifier: MIT
/// @file
/// The report's tables; each is empty where the report lacks its numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paper72/html/fields.hpp"
#include "support/html.hpp"

namespace paper72::html {

using example::Table;

/// `mean ± spread`, the spread only where the report has one (more than one seed).
[[nodiscard]] inline std::string with_spread(const std::string& mean, const std::string& spread) {
  return spread == example::no_number ? mean : mean + " ± " + spread;
}

/// The paper's second table, with recovery beside efficiency.
[[nodiscard]] inline std::string comparison_table(const Json& report) {
  Table table({{"Method", false},
               {"Start loss"},
               {"End loss"},
               {"Improve\u00ADment"},
               {"Efficiency"},
               {"Recovery"},
               {"Trainable"},
               {"Share"},
               {"Learning rate"},
               {"Seconds"},
               {"Tokens/s"}});
  for (const Json& one : field(report, "methods")) {
    table.row(
        {name(one),
         example::fixed(number(one, "start_loss"), 3),
         with_spread(example::fixed(number(one, "end_loss"), 3), example::fixed(number(one, "end_loss_spread"), 3)),
         example::fixed(number(one, "improvement"), 3),
         with_spread(example::percent(number(one, "efficiency")), example::percent(number(one, "efficiency_spread"))),
         {with_spread(example::percent(number(one, "recovery")), example::percent(number(one, "recovery_spread"))),
          true},
         example::count(number(one, "trainable")),
         example::percent(number(one, "trainable_share"), 2),
         example::brief(number(one, "learning_rate")),
         example::fixed(number(one, "seconds"), 1),
         example::count(number(one, "tokens_per_second"))});
  }
  return table.empty() ? "" : table.html();
}

/// The paper's first table: where the stored numbers of the model are.
[[nodiscard]] inline std::string decomposition_table(const Json& report) {
  const Json& accounting = field(report, "accounting");
  if (!accounting.is_object()) {
    return "";
  }
  const double total = number(accounting, "total");
  Table table({{"Component", false}, {"Numbers"}, {"Fraction"}, {"Trained?", false}});
  const auto row = [&](const char* component, const char* key, const char* trained) {
    const double value = number(accounting, key);
    table.row({component, example::count(value), example::percent(value / total, 2), trained});
  };
  row("Score coefficients", "score_coefficients", "yes");
  row("Universal basis", "basis", "no, shared");
  row("Non-weight parameters", "non_weight", "no, frozen");
  row("Weight structure", "weight_structure", "no, derived");
  row("Total", "total", "");
  return table.html();
}

[[nodiscard]] inline std::string r2_table(const Json& report) {
  const auto r2 = by_rank(field(report, "r2_by_rank"));
  auto variance = by_rank(field(report, "variance_by_rank"));
  if (r2.empty()) {
    return "";
  }
  std::vector<Table::Column> columns{{"K", false}};
  std::vector<Table::Cell> explained{"R²"};
  std::vector<Table::Cell> centred{"Centred variance"};
  for (const auto& [rank, value] : r2) {
    columns.push_back({std::to_string(rank)});
    explained.emplace_back(example::fixed(number(value), 3));
    centred.emplace_back(example::percent(number(variance[rank])));
  }
  return Table(columns).row(explained).row(centred).html();
}

/// The paper's comparison to LoRA, measured instead of quoted.
[[nodiscard]] inline std::string lora_table(const Json& report) {
  constexpr std::array<std::pair<std::string_view, const char*>, 5> notes{
      {{"truncated", "one shared, frozen basis; the rest of each weight is dropped"},
       {"exact_same_rows", "one shared, frozen basis; starts as the untouched model"},
       {"exact_all", "a shared, frozen basis for each input width; starts as the untouched model"},
       {"lora_matched", "two trained factors a matrix, the count nearest to the scores’"},
       {"lora_all", "two trained factors for every matrix, embedding and head included"}}};
  Table table({{"Method", false},
               {"Rank"},
               {"Trainable"},
               {"Efficiency"},
               {"Recovery"},
               {"Parameter efficiency"},
               {"Notes", false}});
  for (const Json& one : field(report, "methods")) {
    const std::string key = text(one, "key");
    const auto* const note =
        std::find_if(notes.begin(), notes.end(), [&key](const auto& entry) { return entry.first == key; });
    if (note == notes.end()) {
      continue;  // full fine-tuning has no place here
    }
    const bool scores = key.rfind("lora", 0) != 0;
    const double rank = number(one, "rank");
    const double parameter_efficiency = number(one, "parameter_efficiency");
    table.row({name(one),
               example::count(std::isfinite(rank) || !scores ? rank : number(report, "rank")),
               example::count(number(one, "trainable")),
               example::percent(number(one, "efficiency")),
               {example::percent(number(one, "recovery")), true},
               std::isfinite(parameter_efficiency) ? example::fixed(parameter_efficiency, 1) + "×" : "–",
               note->second});
  }
  return table.empty() ? "" : table.html();
}

[[nodiscard]] inline std::string stored_table(const Json& report) {
  Table table({{"What is stored", false}, {"Adapter"}, {"Basis"}, {"Together"}, {"Full weights are larger by"}});
  const double full = number(field(report, "stored"), "full_bytes");
  for (const Json& one : field(report, "methods")) {
    const double adapter = number(one, "adapter_bytes");
    const double basis = number(one, "basis_bytes");
    const double together = adapter + (std::isfinite(basis) ? basis : 0.0);
    table.row({name(one), example::bytes(adapter), example::bytes(basis), example::bytes(together),
               std::isfinite(full / together) ? example::fixed(full / together, 1) + "×" : "–"});
  }
  return table.empty() ? "" : table.html();
}

/// Every learning rate tried with its validation loss, the chosen one emphasised. A choice at the grid's edge is
/// marked, for the best may lie outside.
[[nodiscard]] inline std::string grid_table(const Json& report) {
  std::size_t widest = 0;
  for (const Json& one : field(report, "methods")) {
    widest = std::max(widest, field(one, "grid").size());
  }
  if (widest == 0) {
    return "";
  }
  std::vector<Table::Column> columns{{"Method", false}};
  for (std::size_t i = 0; i < widest; ++i) {
    columns.push_back({i == 0 ? "Rate: validation loss" : ""});
  }
  Table table(columns);
  bool at_edge = false;
  for (const Json& one : field(report, "methods")) {
    const Json& grid = field(one, "grid");
    const double chosen = number(one, "learning_rate");
    double lowest = chosen;
    double highest = chosen;
    for (const Json& trial : grid) {
      lowest = std::fmin(lowest, number(trial, "learning_rate"));
      highest = std::fmax(highest, number(trial, "learning_rate"));
    }
    const bool edge = grid.size() > 1 && (chosen <= lowest || chosen >= highest);
    at_edge = at_edge || edge;
    std::vector<Table::Cell> cells{name(one) + (edge ? " †" : "")};
    for (const Json& trial : grid) {
      const double rate = number(trial, "learning_rate");
      const double loss = number(trial, "validation_loss");
      cells.emplace_back(example::brief(rate) + ": " + (std::isfinite(loss) ? example::fixed(loss, 3) : "diverged"),
                         rate == chosen);
    }
    cells.resize(widest + 1, Table::Cell(""));
    table.row(cells);
  }
  return table.html() +
         (at_edge ? "<p class=\"note\">† The chosen rate is at the edge of its grid; a better one may lie beyond.</p>\n"
                  : "");
}

[[nodiscard]] inline std::string recovery_table(const Json& report) {
  Table table({{"K", false}, {"Learning rate"}, {"End loss"}, {"Recovery"}});
  for (const auto& [rank, entry] : by_rank(field(report, "recovery_by_rank"))) {
    table.row({std::to_string(rank),
               example::brief(number(entry, "learning_rate")),
               example::fixed(number(entry, "end_loss"), 3),
               {example::percent(number(entry, "recovery")), true}});
  }
  return table.empty() ? "" : table.html();
}

}  // namespace paper72::html
