// SPDX-License-Identifier: MIT
#include "tables.hpp"

#include <ampsft/basis/accounting.hpp>
#include <ampsft/core/compat/json.hpp>

#include <cstdarg>
#include <cstdio>
#include <map>

namespace paper72 {
namespace {

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void line(std::string& text, const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  text += buffer;
  text += '\n';
}

double number(const nlohmann::json& json, const char* key) {
  return json.at(key).is_number() ? json.at(key).get<double>() : 0.0;
}

std::string percent(const nlohmann::json& method, const char* key) {
  if (!method.at(key).is_number()) {
    return "-";
  }
  char text[64];
  const std::string spread = std::string(key) + "_spread";
  if (method.contains(spread)) {
    std::snprintf(text, sizeof text, "%.1f%% +-%.1f", 100.0 * number(method, key),
                  100.0 * number(method, spread.c_str()));
  } else {
    std::snprintf(text, sizeof text, "%.1f%%", 100.0 * number(method, key));
  }
  return text;
}

std::string thousands(const nlohmann::json& json, const char* key) {
  return ampsft::with_thousands(json.at(key).get<ampsft::Index>());
}

/// Calls `use(rank, value)` in the order of the ranks, which are an object's keys.
template <class Use>
void for_each_rank(const nlohmann::json& by_rank, Use&& use) {
  std::map<int, std::string> keys;
  for (const auto& [rank, value] : by_rank.items()) {
    keys.emplace(std::stoi(rank), rank);
  }
  for (const auto& [rank, key] : keys) {
    use(key.c_str(), by_rank.at(key));
  }
}

}  // namespace

std::string format_tables(const nlohmann::json& report) {
  std::string text;
  const auto& counts = report.at("accounting");
  ampsft::Accounting accounting;
  counts.at("score_coefficients").get_to(accounting.score_coefficients);
  counts.at("basis").get_to(accounting.basis);
  counts.at("non_weight").get_to(accounting.non_weight);
  counts.at("weight_structure").get_to(accounting.weight_structure);
  counts.at("total").get_to(accounting.total);
  report.at("rank").get_to(accounting.rank);
  text += "\nDecomposition\n\n" + ampsft::format_accounting(accounting);
  line(text, "Stacked rows %s; unique parameters %s (the paper's total counts stored buffers)",
       thousands(counts, "stacked_rows").c_str(), thousands(counts, "unique_parameters").c_str());

  text += "\nSFT Comparison\n\n";
  line(text, "%-44s %7s %7s %7s %14s %14s %17s", "Method", "Start", "End", "Improv.", "Efficiency", "Recovery",
       "Params Trained");
  for (const auto& method : report.at("methods")) {
    line(text, "%-44s %7.4f %7.4f %7.4f %14s %14s %10s %5.1f%%", method.at("name").get<std::string>().c_str(),
         number(method, "start_loss"), number(method, "end_loss"), number(method, "improvement"),
         percent(method, "efficiency").c_str(), percent(method, "recovery").c_str(),
         thousands(method, "trainable").c_str(), 100.0 * number(method, "trainable_share"));
  }
  line(text, "Untouched model: %.4f (test loss on the fine-tuning text)", number(report, "base_loss"));
  text +=
      "Efficiency (the paper's): own improvement / full SFT's, each from its own start.\n"
      "Recovery: improvement over the untouched model / full SFT's. This is what a user gets.\n"
      "Shares are of the paper's total; full SFT trains the unique parameters.\n";
  for (const auto& method : report.at("methods")) {
    if (method.at("key") == "truncated") {
      line(text, "Parameter efficiency of the truncated form: %.1fx (efficiency / trainable share)",
           number(method, "parameter_efficiency"));
    }
  }
  line(text, "%s", report.at("effective_parameters").get<std::string>().c_str());

  text += "\nComparison to LoRA\n\n";
  line(text, "%-44s %17s %10s %9s %10s %8s %12s", "Method", "Trainable Params", "Recovery", "LR", "tokens/s", "s",
       "Adapter");
  for (const auto& method : report.at("methods")) {
    if (method.at("key") != "full") {
      line(text, "%-44s %17s %10s %9.2g %10.0f %8.1f %9.0f kB", method.at("name").get<std::string>().c_str(),
           thousands(method, "trainable").c_str(), percent(method, "recovery").c_str(), number(method, "learning_rate"),
           number(method, "tokens_per_second"), number(method, "seconds"), number(method, "adapter_bytes") / 1e3);
    }
  }

  text += "\nReconstruction Quality (stack of the residual stream's width)\n\n";
  line(text, "%6s %8s %24s", "K", "R2", "centred variance share");
  for_each_rank(report.at("r2_by_rank"), [&](const char* rank, const nlohmann::json& r2) {
    line(text, "%6s %8.3f %24.3f", rank, r2.get<double>(), number(report.at("variance_by_rank"), rank));
  });
  line(text, "95 %% of variance needs K=%td; participation ratio %.1f",
       report.at("rank_for_95_percent").get<ampsft::Index>(), number(report, "participation_ratio"));

  const auto& stored = report.at("stored");
  text += "\nStored sizes\n\n";
  line(text, "Full weights %.1f MB; basis + scores %.2f MB; ratio %.1fx", number(stored, "full_bytes") / 1e6,
       number(stored, "score_and_basis_bytes") / 1e6, number(stored, "ratio"));

  if (report.contains("recovery_by_rank")) {
    text += "\nExact start on every matrix, by rank\n\n";
    line(text, "%6s %9s %10s %9s", "K", "End", "Recovery", "LR");
    for_each_rank(report.at("recovery_by_rank"), [&](const char* rank, const nlohmann::json& entry) {
      line(text, "%6s %9.4f %10s %9.2g", rank, number(entry, "end_loss"), percent(entry, "recovery").c_str(),
           number(entry, "learning_rate"));
    });
  }

  text += "\nSamples (prompt | continuation)\n";
  for (const auto& sample : report.at("samples")) {
    line(text, "\n[%s]", sample.at("name").get<std::string>().c_str());
    text += sample.at("prompt").get<std::string>() + " | " + sample.at("text").get<std::string>() + "\n";
  }
  return text;
}

}  // namespace paper72
