// SPDX-License-Identifier: MIT
#include "outputs.hpp"

#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/dtype.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/writable.hpp>

#include <cmath>
#include <map>
#include <system_error>
#include <vector>

#include "page.hpp"
#include "support/progress.hpp"

namespace finetune {
namespace {

std::vector<path> outputs_of(const Options& options) {
  return {options.output, options.checkpoint, options.beside(".metrics.jsonl"), options.beside(".html")};
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) {
    all += (all.empty() ? "" : ", ") + word;
  }
  return all;
}

/// `name` as JSON can hold it: what is no UTF-8 is replaced.
std::string readable(const std::string& name) {
  using nlohmann::json;
  return json::parse(json(name).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

/// What the adapter says of its training.
nlohmann::json summary_of(const Options& options, const ampsft::TrainOptions& run, const Records& records,
                          const Outcome& outcome) {
  const auto& report = outcome.report;
  nlohmann::json summary{{"model", readable(options.model.model.filename().string())},
                         {"records", records.training_count},
                         {"learned_from", options.loss == ampsft::LossOn::answers ? "answers" : "everything"},
                         {"context", records.training.length()},
                         {"rank", options.rank},
                         {"form", form_name(options.form)},
                         {"basis", readable(options.basis)},
                         {"targets", joined(options.targets)},
                         {"optimiser", ampsft::concat("AdamW, ", run.schedule.describe())},
                         {"learning_rate", options.learning_rate},
                         {"batch", ampsft::concat(options.batch, " x ", options.accumulation)},
                         {"steps", report.losses.size()},
                         {"seed", options.seed},
                         {"tokens", report.tokens},
                         {"seconds", report.seconds},
                         {"training_loss", report.losses.back()}};
  if (outcome.divergence) {
    summary["diverged"] = outcome.divergence->reason;
    summary["steps"] = outcome.divergence->best->step;  // of the scores
  }
  return summary;
}

/// Puts the scores of the file onto the model that they were trained on: what was rounded is what is measured.
void use_stored(ampsft::Transformer<float>& model, const ampsft::ScoreAdapter<float>& stored) {
  for (const auto& matrix : stored.matrices) {
    for (auto* weight : model.weights()) {
      if (weight->name() == matrix.weights.front()) {
        weight->leaves().front()->value = matrix.scores;
      }
    }
  }
}

}  // namespace

void check_outputs(const Options& options) {
  std::map<path, path> places;
  for (const path& file : outputs_of(options)) {
    ampsft::require_writable(file);
    const auto [other, is_new] = places.emplace(std::filesystem::weakly_canonical(file), file);
    ampsft::require(is_new, "a run writes four files (the adapter, its checkpoint, metrics and page), but ", file,
                    " and ", other->second, " are one");
  }
}

void prepare_outputs(const Options& options) {
  for (const path& file : outputs_of(options)) {
    std::error_code error;
    if (file.has_parent_path()) {
      std::filesystem::create_directories(file.parent_path(), error);
    }
    ampsft::require(!error, "cannot make the folder of ", file, ": ", error.message());
  }
  if (options.restart) {
    std::filesystem::remove(options.checkpoint);
  }
}

double measure(ampsft::Transformer<float>& model, const Records& records, ampsft::EvaluateOptions options) {
  example::Progress shown("validation");
  options.on_batch = [&](Index done, Index rows) {
    shown.show(ampsft::concat(done, " of ", rows, " rows"));
    return true;
  };
  return ampsft::evaluate(model, *records.validation, options).loss;
}

std::optional<double> save(const Options& options, const ampsft::TrainOptions& run, const Records& records,
                           const Outcome& outcome, const std::string& base, std::optional<double> before,
                           ampsft::Transformer<float>& model) {
  auto adapter = ampsft::take_adapter(model.weights(), base);
  adapter.training = summary_of(options, run, records, outcome);
  const auto write = [&] {
    ampsft::save_adapter(options.output, adapter, {.scores = options.scores, .basis_file = {}});
  };
  write();
  std::optional<double> after;
  if (before) {
    use_stored(model, ampsft::load_adapter<float>(options.output));
    after = measure(model, records, run.evaluation);
    adapter.training["validation_loss_before"] = *before;
    adapter.training["validation_loss"] = *after;
    adapter.training["validation_perplexity_before"] = std::exp(*before);
    adapter.training["validation_perplexity"] = std::exp(*after);
    write();
  }
  ampsft::write_text(options.beside(".html"), run_page(outcome.report, before.value_or(0.0), adapter.training));
  return after;
}

std::string form_name(ampsft::ScoreForm form) {
  return form == ampsft::ScoreForm::exact_start ? "exact start" : "truncated";
}

}  // namespace finetune
