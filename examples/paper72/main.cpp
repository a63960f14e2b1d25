// SPDX-License-Identifier: MIT
// Paper 72 on real text: pretrains the paper's model, fine-tunes it in six ways, prints the paper's tables and writes
// report.json and report.html. Killed at any moment, it goes on from its last checkpoint when started again.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/version.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/model/account.hpp>
#include <ampsft/model/transformer_file.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "experiment.hpp"
#include "options.hpp"
#include "report_html.hpp"
#include "support/program.hpp"
#include "tables.hpp"

namespace {

using namespace paper72;
using nlohmann::json;

/// Makes the output folder and proves that it can be written, before any work is done.
void prepare_output(const std::filesystem::path& output) {
  std::error_code error;
  for (const char* folder : {"runs", "methods", "adapters"}) {
    std::filesystem::create_directories(output / folder, error);
    ampsft::require(!error, "cannot make the output folder ", output, ": ", error.message());
  }
  ampsft::write_text(output / ".writable", "");
  std::filesystem::remove(output / ".writable");
}

json corpus_json(const Corpus& corpus) {
  return {{"name", corpus.name}, {"bytes", corpus.bytes}, {"tokens", corpus.tokens}};
}

json options_json(const Options& options) {
  return {{"pretraining", ampsft::concat(options.pretraining.steps, " steps of ", options.pretraining.batch())},
          {"fine-tuning", ampsft::concat(options.tuning.steps, " steps of ", options.tuning.batch())},
          {"optimiser", "AdamW, betas 0.9 and 0.95, no weight decay, clipped at 1, cosine to a tenth, 10 % warm-up"},
          {"learning rates tried", options.grid_size},
          {"evaluation windows",
           ampsft::concat(options.validation_windows, " validation, ", options.test_windows, " test (0: all)")}};
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string text; std::getline(info, text);) {
    if (text.starts_with("model name")) {
      return text.substr(text.find(':') + 2);
    }
  }
  return "unknown";
}

/// The figures of the stack that the paper decomposes.
void add_spectrum(json& report, const ampsft::Spectrum& spectrum, Index width) {
  for (Index rank = 1; rank <= std::min<Index>(32, width); rank *= 2) {
    const std::string key = std::to_string(rank);
    report["r2_by_rank"][key] = spectrum.r2(rank);
    report["variance_by_rank"][key] = spectrum.variance_share(rank);
  }
  report["rank_for_95_percent"] = spectrum.rank_for_variance(0.95);
  report["participation_ratio"] = spectrum.participation_ratio();
  for (const double value : spectrum.eigenvalues) {
    report["spectrum"].push_back(spectrum.centred_energy > 0.0 ? value / spectrum.centred_energy : 0.0);
  }
}

json method_json(const MethodResult& method, const MethodResult& full, double base_loss, Index total, Index seeds) {
  json entry = to_json(method);
  if (method.basis_bytes == 0) {
    entry.erase("basis_bytes");
  }
  const bool is_full = method.key == "full";
  const double share = is_full ? 1.0 : static_cast<double>(method.trainable) / static_cast<double>(total);
  const double efficient = efficiency(method, full);
  entry["trainable_share"] = share;
  entry["improvement"] = method.start_loss - method.end_loss();
  entry["efficiency"] = efficient;
  entry["recovery"] = recovery(method, full, base_loss);
  entry["parameter_efficiency"] = efficient / share;
  if (seeds > 1) {
    entry["end_loss_spread"] = MethodResult::spread(method.end_losses);
    entry["efficiency_spread"] = efficiency_spread(method, full);
    entry["recovery_spread"] = recovery_spread(method, full, base_loss);
  }
  return entry;
}

/// The paper's last line: its own arithmetic, and the same with what was measured here.
std::string effective_parameters(const json& truncated) {
  char text[320];
  const double multiplier = truncated.at("parameter_efficiency");
  const double trainable = truncated.at("trainable");
  std::snprintf(
      text, sizeof text,
      "Effective parameters (the paper's bookkeeping, not a measurement): 887,628 x 1.2 = 1,065,154; x 13.3 M "
      "= 14.2 T. Measured here: %.0f trained x %.1f = %.1f M.",
      trainable, multiplier, trainable * multiplier / 1e6);
  return text;
}

void run_experiment(const Options& options) {
  prepare_output(options.output);
  std::printf("Texts\n");
  const Texts texts = load_texts(options);
  std::printf("Base model\n");
  const Base base = pretrain(options, texts);
  Model model = ampsft::load_transformer<float>(base.path);

  json report;
  report["mode"] = options.mode;
  report["version"] = AMPSFT_VERSION;
  report["seeds"] = options.seeds;
  report["machine"] = {{"cpu", cpu_name()}, {"threads", ampsft::thread_count()}};
  report["model"] = {{"vocabulary", options.model.vocabulary}, {"context", options.model.context},
                     {"width", options.model.hidden_size},     {"layers", options.model.layers.size()},
                     {"heads", options.model.heads},           {"intermediate_size", options.model.intermediate_size}};
  report["rank"] = options.rank;
  report["texts"] = {{"pretrain", corpus_json(texts.pretraining)}, {"sft", corpus_json(texts.sft)}};
  report["settings"] = options_json(options);
  report["pretraining"] = base.training;

  const auto counts = ampsft::account(model, options.rank);
  report["accounting"] = {{"score_coefficients", counts.score_coefficients},
                          {"basis", counts.basis},
                          {"non_weight", counts.non_weight},
                          {"weight_structure", counts.weight_structure},
                          {"total", counts.total},
                          {"unique_parameters", counts.unique_parameters},
                          {"stacked_rows", counts.stacked_rows}};
  const auto bases = ampsft::fit_bases(model.weights(), {.rank = options.rank});
  add_spectrum(report, *bases.at(options.model.hidden_size)->spectrum(), options.model.hidden_size);
  const double base_loss = test_loss(model, options, texts);
  report["base_loss"] = base_loss;
  std::string prompt;
  const std::string before = sample(model, texts, &prompt);
  report["samples"].push_back({{"name", "untouched model"}, {"prompt", prompt}, {"text", before}});

  std::printf("Fine-tuning (test loss of the untouched model: %.4f)\n", base_loss);
  std::vector<MethodResult> results;
  for (const auto& method : methods(options, model, bases)) {
    results.push_back(run(method, options, texts, base));
    const auto& last = results.back();
    std::printf("  %s  lr %g: test loss %.4f -> %.4f, recovery %.1f %%\n", last.name.c_str(), last.learning_rate,
                last.start_loss, last.end_loss(), 100.0 * recovery(last, results.front(), base_loss));
    report["methods"].push_back(method_json(last, results.front(), base_loss, counts.total, options.seeds));
    if (last.key != "exact_same_rows" && last.key != "lora_matched") {
      report["samples"].push_back({{"name", last.name}, {"prompt", prompt}, {"text", last.sample}});
    }
    if (last.key == "truncated") {
      report["effective_parameters"] = effective_parameters(report["methods"].back());
      const auto full_bytes = static_cast<std::uintmax_t>(counts.unique_parameters) * sizeof(float);
      const auto score_bytes = last.adapter_bytes + last.basis_bytes;
      report["stored"] = {{"full_bytes", full_bytes},
                          {"score_and_basis_bytes", score_bytes},
                          {"ratio", static_cast<double>(full_bytes) / static_cast<double>(score_bytes)}};
    }
  }
  for (const Index rank : options.rank_study) {
    const auto same = std::find_if(results.begin(), results.end(), [&](const MethodResult& known) {
      return known.key == "exact_all" && rank == options.rank;
    });
    const auto result = same != results.end() ? *same : run(exact_start_of_rank(model, rank), options, texts, base);
    auto& entry = report["recovery_by_rank"][std::to_string(rank)];
    entry = {{"end_loss", result.end_loss()},
             {"learning_rate", result.learning_rate},
             {"recovery", recovery(result, results.front(), base_loss)}};
    if (options.seeds > 1) {
      entry["recovery_spread"] = recovery_spread(result, results.front(), base_loss);
    }
  }

  const auto replace = json::error_handler_t::replace;  // samples may end inside of a character
  ampsft::write_text(options.output / "report.json", report.dump(2, ' ', false, replace) + "\n");
  report = json::parse(report.dump(-1, ' ', false, replace));
  ampsft::write_text(options.output / "report.html", report_html(report));
  std::printf("%s\nWritten: %s and report.json\n", format_tables(report).c_str(),
              (options.output / "report.html").string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    Options options;
    if (!parse_options(argc, argv, options)) {
      return 0;
    }
    ampsft::set_thread_count(options.threads);
    catch_interrupts();
    try {
      run_experiment(options);
    } catch (const Interrupted& interrupt) {
      std::fprintf(stderr, "%s\n", interrupt.what());
      return 130;
    }
    return 0;
  });
}
