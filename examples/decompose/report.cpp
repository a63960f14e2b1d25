// SPDX-License-Identifier: MIT
#include "decompose/report.hpp"

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/version.hpp>

#include <algorithm>
#include <cstdio>

namespace decompose {

namespace {

using nlohmann::json;

/// R2 and variance share at 1, 2, 4, ... and the last rank.
template <class Known>
json by_rank(const Known& known, Index rank) {
  json list = json::array();
  for (const Index k : ampsft::ranks_up_to(rank)) {
    list.push_back({{"rank", k}, {"r2", known.r2(k)}, {"variance_share", known.variance_share(k)}});
  }
  return list;
}

json spectrum_json(const ampsft::Spectrum& spectrum) {
  json shares = json::array();
  for (const double value : spectrum.eigenvalues) {
    shares.push_back(spectrum.centred_energy > 0.0 ? value / spectrum.centred_energy : 0.0);
  }
  json entry = {{"shares", shares},
                {"complete", spectrum.complete()},
                {"participation_ratio", spectrum.participation_ratio()},
                {"rank_for_95_percent", nullptr}};
  if (spectrum.complete() || spectrum.variance_share(spectrum.computed()) >= 0.95) {
    entry["rank_for_95_percent"] = spectrum.rank_for_variance(0.95);
  }
  return entry;
}

json group_json(const Group& group) {
  json entry = {{"name", group.name},
                {"rows", group.rows},
                {"width", group.width},
                {"rank", group.rank()},
                {"raw_energy", group.total.raw_energy},
                {"centred_energy", group.total.centred_energy},
                {"matrices", json::array()}};
  if (!group.basis) {
    return entry;
  }
  entry["kind"] = group.basis->kind();
  entry["by_rank"] = by_rank(group.total, group.rank());
  if (const auto& fit = group.basis->fit_report()) {
    entry["fit"] = {{"method", std::string(name(fit->method))},
                    {"passes", fit->passes},
                    {"error", fit->error},
                    {"risk", fit->risk}};
  }
  if (const auto& spectrum = group.basis->spectrum()) {
    entry["spectrum"] = spectrum_json(*spectrum);
  }
  for (const auto& matrix : group.matrices) {
    entry["matrices"].push_back({{"name", matrix.source.name},
                                 {"rows", matrix.explained.rows},
                                 {"raw_energy", matrix.explained.raw_energy},
                                 {"by_rank", by_rank(matrix.explained, group.rank())}});
  }
  return entry;
}

std::string number(const json& value, const char* format) {
  if (!value.is_number()) {
    return "-";
  }
  char text[48];
  std::snprintf(text, sizeof text, format, value.get<double>());
  return text;
}

/// The last entry of a list by rank, where all directions count.
const json& last(const json& group) {
  static const json nothing = {{"r2", nullptr}, {"variance_share", nullptr}};
  const auto found = group.find("by_rank");
  return found != group.end() && !found->empty() ? found->back() : nothing;
}

std::string r2_lines(const json& report) {
  std::string ranks = "K               ";
  std::string r2 = "R2              ";
  std::string variance = "Variance share  ";
  char text[16];
  for (const auto& entry : report.at("by_rank")) {
    std::snprintf(text, sizeof text, "%8ld", entry.at("rank").get<long>());
    ranks += text;
    std::snprintf(text, sizeof text, "%8.4f", entry.at("r2").get<double>());
    r2 += text;
    std::snprintf(text, sizeof text, "%8.4f", entry.at("variance_share").get<double>());
    variance += text;
  }
  return ranks + '\n' + r2 + '\n' + variance + '\n';
}

std::string group_line(const json& group, int widest) {
  const json fit = group.value("fit", json::object());
  const json spectrum = group.value("spectrum", json::object());
  char text[256];
  std::snprintf(text, sizeof text, "%-*s %8zu %11s %7ld %6ld %8s %8s %8s %7s  %s\n", widest,
                group.at("name").get<std::string>().substr(0, 120).c_str(), group.at("matrices").size(),
                ampsft::with_thousands(group.at("rows").get<Index>()).c_str(), group.at("width").get<long>(),
                group.at("rank").get<long>(), number(last(group).at("r2"), "%.4f").c_str(),
                number(last(group).at("variance_share"), "%.4f").c_str(),
                number(spectrum.value("participation_ratio", json()), "%.1f").c_str(),
                number(spectrum.value("rank_for_95_percent", json()), "%.0f").c_str(),
                fit.value("method", group.value("kind", std::string("no basis"))).c_str());
  return text;
}

}  // namespace

nlohmann::json report_json(const Options& options, const Result& result) {
  const auto& counts = result.accounting;
  json report = {{"version", AMPSFT_VERSION},
                 {"model", options.model.string()},
                 {"source", result.source},
                 {"threads", ampsft::thread_count()},
                 {"score_format", std::string(dtype_name(options.score_dtype))},
                 {"centred", options.svd.centred},
                 {"accounting",
                  {{"score_coefficients", counts.score_coefficients},
                   {"basis", counts.basis},
                   {"non_weight", counts.non_weight},
                   {"weight_structure", counts.weight_structure},
                   {"total", counts.total},
                   {"rank", counts.rank}}},
                 {"accounting_text", ampsft::format_accounting(counts)},
                 {"by_rank", by_rank(result, result.largest_rank())},
                 {"groups", json::array()}};
  for (const auto& group : result.groups) {
    report["groups"].push_back(group_json(group));
  }
  return report;
}

std::string report_text(const nlohmann::json& report) {
  std::size_t widest = 5;
  for (const auto& group : report.at("groups")) {
    widest = std::max(widest, std::min<std::size_t>(group.at("name").get<std::string>().size(), 120));
  }
  char head[256];
  std::snprintf(head, sizeof head, "%-*s %8s %11s %7s %6s %8s %8s %8s %7s  %s\n", static_cast<int>(widest), "Group",
                "Matrices", "Rows", "Width", "K", "R2", "Variance", "P.ratio", "K(95%)", "Method");
  // Joined, not added up: GCC 12 warns falsely of "\n" + std::string (its bug 105651).
  std::string text =
      ampsft::concat('\n', report.at("accounting_text").get<std::string>(), '\n', r2_lines(report), '\n', head);
  for (const auto& group : report.at("groups")) {
    text += group_line(group, static_cast<int>(widest));
  }
  return text;
}

}  // namespace decompose
