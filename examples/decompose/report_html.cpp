// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "decompose/report.hpp"
#include "support/html.hpp"
#include "support/page_style.hpp"
#include "support/svg_plot.hpp"

namespace decompose {

namespace {

using example::count;
using example::escape;
using example::fixed;
using example::percent;
using example::Series;
using example::Table;
using nlohmann::json;

constexpr std::size_t most_curves = 7;  // more than that no eye tells apart

std::string text(const json& node, const char* key) {
  return node.value(key, std::string());
}

/// The figure, or a dash where it is not known.
std::string shown(const json& node, const char* key, int decimals) {
  const auto found = node.find(key);
  return found != node.end() && found->is_number() ? fixed(found->get<double>(), decimals)
                                                   : std::string(example::no_number);
}

std::string section(const std::string& heading, const std::string& note, const std::string& content) {
  return content.empty() ? ""
                         : "<section>\n<h2>" + escape(heading) + "</h2>\n" +
                               (note.empty() ? "" : "<p>" + escape(note) + "</p>\n") + content + "</section>\n";
}

std::string figure(const std::string& svg, const std::string& caption) {
  return "<figure><div class=\"wide\">" + svg + "</div><figcaption>" + escape(caption) + "</figcaption></figure>\n";
}

/// The groups with a basis, those with the most rows first.
std::vector<const json*> drawn_groups(const json& report, bool with_spectrum) {
  std::vector<const json*> groups;
  for (const auto& group : report.at("groups")) {
    if (group.contains("by_rank") && (!with_spectrum || group.contains("spectrum"))) {
      groups.push_back(&group);
    }
  }
  std::stable_sort(groups.begin(), groups.end(), [](const json* a, const json* b) {
    return a->at("rows").get<Index>() > b->at("rows").get<Index>();
  });
  groups.resize(std::min(groups.size(), most_curves));
  return groups;
}

std::string caption(const json& report, std::size_t drawn, const std::string& words) {
  const std::size_t all = report.at("groups").size();
  return drawn < all
             ? words + " The " + std::to_string(drawn) + " groups of the most rows, of " + std::to_string(all) + "."
             : words;
}

std::string spectrum_chart(const json& report) {
  std::vector<Series> series;
  for (const json* group : drawn_groups(report, true)) {
    Series one{text(*group, "name"), {}};
    double direction = 0.0;
    for (const auto& share : group->at("spectrum").at("shares")) {
      one.points.emplace_back(++direction, share.get<double>());
    }
    series.push_back(std::move(one));
  }
  if (series.empty()) {
    return "";
  }
  return figure(example::svg_line_plot({.title = "Spectra",
                                        .x_label = "direction",
                                        .y_label = "share of the centred energy",
                                        .log_x = true,
                                        .log_y = true},
                                       series),
                caption(report, series.size(), "What each direction of a group holds."));
}

std::string r2_chart(const json& report) {
  std::vector<Series> series;
  for (const json* group : drawn_groups(report, false)) {
    Series one{text(*group, "name"), {}, Series::Look::both};
    for (const auto& entry : group->at("by_rank")) {
      one.points.emplace_back(entry.at("rank").get<double>(), entry.at("r2").get<double>());
    }
    series.push_back(std::move(one));
  }
  if (series.empty()) {
    return "";
  }
  return figure(
      example::svg_line_plot(
          {.title = "R² by rank", .x_label = "directions K", .y_label = "R²", .log_x = true, .y_from_zero = true},
          series),
      caption(report, series.size(), "What mean and first K directions explain of all energy."));
}

std::string accounting_table(const json& report) {
  const json& counts = report.at("accounting");
  const auto total = counts.at("total").get<double>();
  Table table({{"Component", false}, {"Numbers"}, {"Fraction"}, {"Trained?", false}});
  const auto row = [&](const char* component, const char* key, const char* trained) {
    const auto value = counts.at(key).get<double>();
    table.row({component, count(value), percent(value / total, 2), trained});
  };
  row("Score coefficients", "score_coefficients", "yes");
  row("Bases", "basis", "no, shared");
  row("Other parameters", "non_weight", "no, frozen");
  row("Weight structure", "weight_structure", "no, derived");
  row("Total", "total", "");
  return table.html();
}

std::string rank_table(const json& report) {
  std::vector<Table::Column> columns{{"K", false}};
  std::vector<Table::Cell> r2{"R²"};
  std::vector<Table::Cell> variance{"Share of the centred energy"};
  for (const auto& entry : report.at("by_rank")) {
    columns.push_back({count(entry.at("rank").get<double>())});
    r2.emplace_back(fixed(entry.at("r2").get<double>(), 4));
    variance.emplace_back(percent(entry.at("variance_share").get<double>()));
  }
  return columns.size() == 1 ? "" : Table(columns).row(r2).row(variance).html();
}

std::string group_table(const json& report) {
  Table table({{"Group", false},
               {"Matrices"},
               {"Rows"},
               {"Width"},
               {"K"},
               {"R²"},
               {"Variance share"},
               {"Participation ratio"},
               {"K for 95 %"},
               {"Basis", false},
               {"Passes"},
               {"Estimated error"}});
  for (const auto& group : report.at("groups")) {
    const json fit = group.value("fit", json::object());
    const json spectrum = group.value("spectrum", json::object());
    const json last = group.contains("by_rank") ? group.at("by_rank").back() : json::object();
    const std::string kind = text(group, "kind");
    const auto error = fit.find("error");
    table.row({text(group, "name"), count(static_cast<double>(group.at("matrices").size())), shown(group, "rows", 0),
               shown(group, "width", 0), shown(group, "rank", 0), shown(last, "r2", 4),
               shown(last, "variance_share", 4), shown(spectrum, "participation_ratio", 1),
               shown(spectrum, "rank_for_95_percent", 0),
               kind.empty() ? "none" : kind + (fit.empty() ? "" : ", " + text(fit, "method")), shown(fit, "passes", 0),
               error != fit.end() && error->is_number() ? example::brief(error->get<double>())
                                                        : std::string(example::no_number)});
  }
  return table.html();
}

std::string risks(const json& report) {
  std::string list;
  for (const auto& group : report.at("groups")) {
    const std::string risk = text(group.value("fit", json::object()), "risk");
    if (!risk.empty()) {
      list += "<p class=\"note\">" + escape(text(group, "name") + ": " + risk) + "</p>\n";
    }
  }
  return list;
}

std::string matrix_tables(const json& report) {
  std::string out;
  for (const auto& group : report.at("groups")) {
    if (group.at("matrices").empty()) {
      continue;
    }
    std::vector<Table::Column> columns{{"Matrix", false}, {"Rows"}};
    for (const auto& entry : group.at("by_rank")) {
      columns.push_back({"K = " + count(entry.at("rank").get<double>())});
    }
    Table table(columns);
    for (const auto& matrix : group.at("matrices")) {
      std::vector<Table::Cell> cells{text(matrix, "name"), shown(matrix, "rows", 0)};
      for (const auto& entry : matrix.at("by_rank")) {
        cells.emplace_back(fixed(entry.at("r2").get<double>(), 4));
      }
      table.row(cells);
    }
    out += "<details><summary>" + escape(text(group, "name")) + ", " +
           count(static_cast<double>(group.at("matrices").size())) + " matrices</summary>\n" + table.html() +
           "</details>\n";
  }
  return out;
}

}  // namespace

std::string report_html(const nlohmann::json& report) {
  const std::string model = text(report, "model");
  const std::string title = "Bases of " + (model.empty() ? "merged matrices" : model);
  // The policy makes the browser keep the promise that the page loads nothing.
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         escape(title) + "</title>\n<style>" + std::string(example::page_style) +
         "</style>\n</head>\n<body>\n<header>\n<h1>" + escape(title) +
         "</h1>\n<p class=\"muted\">Each row of a matrix as scores over a basis that all matrices of its group "
         "share</p>\n</header>\n<main>\n" +
         section("Accounting", "", accounting_table(report)) +
         section("What the bases explain",
                 "R² counts the mean row as explained; the share of the centred energy leaves it out.",
                 rank_table(report) + r2_chart(report) + spectrum_chart(report)) +
         section("Groups", "", group_table(report) + risks(report)) +
         section("Matrices", "R² of each matrix by rank.", matrix_tables(report)) +
         "</main>\n<footer>\n<dl>\n<dt>Source</dt><dd>" + escape(text(report, "source")) +
         "</dd>\n<dt>Scores stored as</dt><dd>" + escape(text(report, "score_format")) + "</dd>\n<dt>ampsft</dt><dd>" +
         escape(text(report, "version")) + "</dd>\n</dl>\n</footer>\n</body>\n</html>\n";
}

}  // namespace decompose
