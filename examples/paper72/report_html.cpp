// SPDX-License-Identifier: MIT
/// @file
/// Puts the page together: what it says in words, and the order of its sections.
#include "paper72/report_html.hpp"

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "paper72/html/charts.hpp"
#include "paper72/html/fields.hpp"
#include "paper72/html/tables.hpp"
#include "support/html.hpp"
#include "support/page_style.hpp"

namespace paper72 {
namespace {

using namespace html;
using example::count;
using example::escape;
using example::fixed;
using example::percent;

// "92 % of the quality": what the paper claims, with some leeway for another run on other texts.
constexpr double claimed = 0.9;

std::string paragraph(const std::string& text, std::string_view style = "") {
  return text.empty()
             ? ""
             : "<p" + (style.empty() ? "" : " class=\"" + std::string(style) + "\"") + ">" + escape(text) + "</p>\n";
}

/// A section with its heading; none where there is nothing in it.
std::string section(const std::string& heading, const std::string& introduction, const std::string& content) {
  return content.empty()
             ? ""
             : "<section>\n<h2>" + escape(heading) + "</h2>\n" + paragraph(introduction) + content + "</section>\n";
}

std::string verdict(double efficiency, double recovery) {
  if (efficiency < claimed) {
    return recovery < claimed ? "The paper’s claim does not hold in this run"
                              : "The paper’s claim holds in this run by what a user gets, not by its own measure";
  }
  return recovery < claimed ? "The paper’s claim holds in this run only by its own measure"
                            : "The paper’s claim holds in this run";
}

/// The first sentence: the paper's claim, efficiency and recovery side by side.
std::string claim(const Json& report) {
  const Json& truncated = method(report, "truncated");
  const double efficiency = number(truncated, "efficiency");
  const double recovery = number(truncated, "recovery");
  if (!std::isfinite(efficiency) || !std::isfinite(recovery)) {
    return "";
  }
  const double base = number(report, "base_loss");
  const double start = number(truncated, "start_loss");
  std::string sentence = verdict(efficiency, recovery) + ": training " + count(number(truncated, "trainable")) +
                         " scores of truncated weights has an efficiency of " + percent(efficiency) +
                         " and a recovery of " + percent(recovery);
  if (recovery < 0.0) {
    sentence += ", which means that it ends worse than the model before any fine-tuning";
  }
  if (start > base + 5e-4) {
    sentence +=
        ", because truncation first damages the model, from a loss of " + fixed(base, 3) + " to " + fixed(start, 3);
  }
  return sentence + ".";
}

/// The second sentence: what a user gets from exact start.
std::string alternative(const Json& report) {
  const Json& exact = method(report, "exact_all");
  const double recovery = number(exact, "recovery");
  if (!std::isfinite(recovery)) {
    return "";
  }
  std::string sentence = "Exact start on every matrix, which begins as the untouched model and trains " +
                         count(number(exact, "trainable")) + " scores beside its " +
                         count(number(field(report, "accounting"), "unique_parameters")) +
                         " frozen parameters, recovers " + percent(recovery) + " of what full fine-tuning gains";
  if (const double lora = number(method(report, "lora_all"), "recovery"); std::isfinite(lora)) {
    sentence += "; LoRA on the same matrices recovers " + percent(lora);
  }
  return sentence + ".";
}

std::string summary(const Json& report) {
  if (number(method(report, "full"), "end_loss") >= number(report, "base_loss")) {
    return paragraph(
        "Full fine-tuning did not improve on the untouched model in this run, so that efficiency and "
        "recovery, which are shares of its improvement, mean nothing here.",
        "lead");
  }
  const std::string first = claim(report);
  const std::string second = alternative(report);
  return paragraph(first + (first.empty() || second.empty() ? "" : " ") + second, "lead");
}

std::string seeds(const Json& report) {
  const double number_of_seeds = number(report, "seeds");
  return std::isfinite(number_of_seeds) ? count(number_of_seeds) + (number_of_seeds == 1.0 ? " seed" : " seeds") : "";
}

std::string joined(const std::string& first, const std::string& second, const std::string& separator) {
  return first + (first.empty() || second.empty() ? "" : separator) + second;
}

std::string machine(const Json& report) {
  const double threads = number(field(report, "machine"), "threads");
  return joined(text(field(report, "machine"), "cpu"),
                std::isfinite(threads) ? count(threads) + (threads == 1.0 ? " thread" : " threads") : "", ", ");
}

std::string header(const Json& report) {
  std::string mode = text(report, "mode");
  if (!mode.empty() && mode[0] >= 'a' && mode[0] <= 'z') {
    mode[0] = static_cast<char>(mode[0] - 'a' + 'A');
  }
  std::string line = joined(mode.empty() ? "" : mode + " run", seeds(report), " · ");
  line = joined(line, machine(report), " · ");
  return "<header>\n<h1>Paper 72, run on real text</h1>\n" +
         paragraph("Amplitude-only fine-tuning: training only the scores of the weights on one frozen basis", "muted") +
         paragraph(line, "note") + summary(report) + "</header>\n";
}

/// What the column "Share" is a share of, where it is the paper's total and so smaller than a reader would think.
std::string share_note(const Json& report) {
  const double total = number(field(report, "accounting"), "total");
  const Json& truncated = method(report, "truncated");
  const double counted = number(truncated, "trainable") / number(truncated, "trainable_share");
  if (!(std::abs(counted - total) < 0.5)) {
    return "";
  }
  return paragraph("Share is the paper’s: of " + count(total) +
                       " stored numbers, causal masks and duplicates included, "
                       "of which " +
                       count(number(field(report, "accounting"), "unique_parameters")) + " are parameters.",
                   "note");
}

std::string comparison(const Json& report) {
  const std::string table = comparison_table(report);
  if (table.empty()) {
    return "";
  }
  const double base = number(report, "base_loss");
  const bool spread = number(report, "seeds") > 1.0;
  return section(
      "Fine-tuning compared",
      std::isfinite(base) ? "The untouched model has a test loss of " + fixed(base, 3) +
                                "; all losses are test losses" + (spread ? ", mean ± spread over the seeds." : ".")
                          : "",
      table +
          "<p class=\"note\"><strong>Efficiency</strong>, the paper’s measure: the method’s start minus its end, over "
          "full fine-tuning’s start minus its end. Damage that the method did itself and repaired counts as "
          "improvement.<br/><strong>Recovery</strong>, what a user gets: the untouched model’s loss minus the method’s "
          "end, over the untouched model’s loss minus full fine-tuning’s end.<br/>The paper reports an efficiency of "
          "91.8\u202F%; its own losses give a recovery of 69.1\u202F%.</p>\n" +
          share_note(report) + loss_chart(report));
}

std::string decomposition(const Json& report) {
  const Json& accounting = field(report, "accounting");
  const Json& model = field(report, "model");
  std::string line;
  if (model.is_object()) {
    line = "The model: vocabulary " + count(number(model, "vocabulary")) + ", context " +
           count(number(model, "context")) + ", width " + count(number(model, "width")) + ", " +
           count(number(model, "layers")) + " layers of " + count(number(model, "heads")) + " heads, MLP width " +
           count(number(model, "intermediate_size")) + ". ";
  }
  line +=
      "The paper counts stored numbers, causal masks and the tied embedding twice included; the basis stands under " +
      count(number(accounting, "stacked_rows")) + " stacked rows, and the unique parameters are " +
      count(number(accounting, "unique_parameters")) + ".";
  return section("Decomposition", line, decomposition_table(report));
}

std::string explained(const Json& report) {
  const double needed = number(report, "rank_for_95_percent");
  return section("What the basis explains",
                 std::isfinite(needed) ? "95\u202F% of the centred variance needs K = " + count(needed) + "." : "",
                 r2_chart(report) + r2_table(report) + spectrum_chart(report));
}

std::string comparison_to_lora(const Json& report) {
  const std::string table = lora_table(report);
  return section("Comparison to LoRA", "Parameter efficiency is efficiency over the share of parameters trained.",
                 table.empty() ? "" : table + paragraph(text(report, "effective_parameters"), "note"));
}

std::string stored(const Json& report) {
  const Json& sizes = field(report, "stored");
  std::string line;
  if (sizes.is_object()) {
    line = "Full weights take " + example::bytes(number(sizes, "full_bytes")) + ", basis and scores " +
           example::bytes(number(sizes, "score_and_basis_bytes")) + ": " + fixed(number(sizes, "ratio"), 1) +
           " times less.";
  }
  return section("Stored sizes", line, stored_table(report));
}

std::string pretraining(const Json& report) {
  const Json& run = field(report, "pretraining");
  const double tokens = number(run, "tokens");
  return section("Pretraining",
                 std::isfinite(tokens) ? count(tokens) + " tokens in " + count(number(run, "seconds")) + " seconds, " +
                                             count(number(run, "tokens_per_second")) + " tokens/s."
                                       : "",
                 pretraining_chart(report));
}

std::string samples(const Json& report) {
  std::string out;
  for (const Json& one : field(report, "samples")) {
    const std::string prompt = text(one, "prompt");
    std::string continuation = text(one, "text");
    if (continuation.rfind(prompt, 0) == 0) {
      continuation.erase(0, prompt.size());
    }
    // A newline right after <pre> is no part of its text, so the tag gets one of its own.
    out += "<div class=\"sample\"><h3>" + escape(name(one)) + "</h3>\n<pre>\n<strong>" + escape(prompt) + "</strong>" +
           escape(continuation) + "</pre></div>\n";
  }
  return section("Samples", "The prompt is bold.", out);
}

std::string shown(const Json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_number()) {
    const double as_number = value.get<double>();
    return as_number == std::floor(as_number) && std::abs(as_number) < 1e15 ? count(as_number)
                                                                            : example::brief(as_number);
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  return value.is_null() ? "" : value.dump();
}

std::string footer(const Json& report) {
  std::string list;
  const auto item = [&list](const std::string& term, const std::string& description) {
    if (!description.empty()) {
      list += "<dt>" + escape(term) + "</dt><dd>" + escape(description) + "</dd>\n";
    }
  };
  item("Machine", machine(report));
  item("Mode", joined(text(report, "mode"), seeds(report), ", "));
  for (const auto& [key, label] : {std::pair{"pretrain", "Pretraining text"}, {"sft", "Fine-tuning text"}}) {
    const Json& source = field(field(report, "texts"), key);
    if (source.is_object()) {
      item(label, text(source, "name") + ": " + example::bytes(number(source, "bytes")) + ", " +
                      count(number(source, "tokens")) + " tokens");
    }
  }
  if (const Json& settings = field(report, "settings"); settings.is_object()) {
    for (const auto& [key, value] : settings.items()) {
      item(key, shown(value));
    }
  }
  item("ampsft", text(report, "version"));
  return "<footer>\n<dl>\n" + list + "</dl>\n</footer>\n";
}

}  // namespace

std::string report_html(const nlohmann::json& report) {
  // The policy makes the browser keep the promise that the page loads nothing.
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<title>Paper 72, run on real text</title>\n<style>" +
         std::string(example::page_style) + "</style>\n</head>\n<body>\n" + header(report) + "<main>\n" +
         comparison(report) + decomposition(report) + explained(report) + comparison_to_lora(report) + stored(report) +
         section("Learning rates", "Chosen on validation text, from as many candidates for every method.",
                 grid_table(report)) +
         section("Recovery by rank", "", recovery_chart(report) + recovery_table(report)) + pretraining(report) +
         samples(report) + "</main>\n" + footer(report) + "</body>\n</html>\n";
}

}  // namespace paper72
