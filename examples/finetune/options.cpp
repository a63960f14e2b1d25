// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <ampsft/core/error.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/command_line.hpp"
#include "support/inputs_kept.hpp"

namespace finetune {
namespace {

/// An option that takes one of some names.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& value, const std::map<std::string, Value>& names,
                        const std::string& description) {
  std::string now;
  for (const auto& [word, meaning] : names) {
    now = meaning == value ? word : now;
  }
  const std::function<void(const std::string&)> choose = [&value, names](const std::string& word) {
    value = names.at(word);
  };
  return app.add_option_function(name, choose, description)
      ->check(CLI::IsMember(names))
      ->default_str(now)
      ->type_name("");
}

void add_data_options(CLI::App& app, Options& options) {
  app.add_option("-d,--data", options.data, "records: JSON Lines of chats, prompts and completions, or texts; or text")
      ->required()
      ->group("Data");
  app.add_option("--eval-data", options.validation_data, "records for validation")->group("Data");
  app.add_option("--eval-split", options.validation_share, "share of the records for validation, without --eval-data")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group("Data");
  app.add_flag("--skip-bad-records", options.skip_bad_records, "report records that cannot be read and go on")
      ->group("Data");
  add_choice(app, "--loss", options.loss,
             {{"answers", ampsft::LossOn::answers}, {"everything", ampsft::LossOn::everything}}, "what is learned")
      ->group("Data");
  app.add_option("--context", options.context, "tokens of a row of packed records; longer ones are cut off")
      ->check(CLI::Range(2, 1 << 24))
      ->capture_default_str()
      ->group("Data");
}

void add_adapter_options(CLI::App& app, Options& options) {
  app.add_option("-o,--output", options.output, "the adapter, a safetensors file")
      ->capture_default_str()
      ->group("Adapter");
  add_choice(app, "--scores", options.scores, {{"bf16", ampsft::DType::bf16}, {"f32", ampsft::DType::f32}},
             "format of the scores in the file")
      ->group("Adapter");
  app.add_option("-r,--rank", options.rank, "scores a row, K")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group("Adapter");
  add_choice(app, "--form", options.form,
             {{"exact", ampsft::ScoreForm::exact_start}, {"truncated", ampsft::ScoreForm::truncated}},
             "exact: starts at the untouched model; truncated: the paper's")
      ->group("Adapter");
  app.add_option("--basis", options.basis,
                 "weights, random, activations, gradients, or the file of an adapter or of bases")
      ->default_str("activations; weights for --form truncated")
      ->group("Adapter");
  app.add_option("--basis-batches", options.basis_batches, "read for activations or gradients")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group("Adapter");
  app.add_option("--targets", options.targets, "linear, embeddings, head, or patterns of weight names")
      ->default_str("linear")
      ->group("Adapter");
  add_choice(app, "--storage", options.storage,
             {{"as_stored", ampsft::WeightStorage::as_stored},
              {"bf16", ampsft::WeightStorage::bf16},
              {"dense", ampsft::WeightStorage::dense}},
             "frozen weights in memory: as the file has them, float, or bf16 (rounded: the adapter is for those then)")
      ->group("Adapter");
}

void add_training_options(CLI::App& app, Options& options) {
  const auto add = [&](const char* name, auto& value, const char* description) {
    return app.add_option(name, value, description)->capture_default_str()->group("Training");
  };
  add("--learning-rate,--lr", options.learning_rate, "of AdamW")->check(CLI::PositiveNumber);
  add_choice(
      app, "--schedule", options.decay,
      {{"cosine", ampsft::Decay::cosine}, {"linear", ampsft::Decay::linear}, {"constant", ampsft::Decay::constant}},
      "of the learning rate, down to a tenth")
      ->group("Training");
  add("--warmup", options.warmup, "share of the steps")->check(CLI::Range(0.0, 1.0));
  add("--weight-decay", options.weight_decay, "of the scores")->check(CLI::NonNegativeNumber);
  add("--clip", options.clip, "limit on the norm of the gradient; 0: none")->check(CLI::NonNegativeNumber);
  auto* epochs = add("--epochs", options.epochs, "passes over the records")->check(CLI::PositiveNumber);
  app.add_option("--steps", options.steps, "updates, instead of --epochs")
      ->check(CLI::PositiveNumber)
      ->excludes(epochs)
      ->group("Training");
  add("--batch", options.batch, "rows a batch")->check(CLI::PositiveNumber);
  add("--accumulation", options.accumulation, "batches an update")->check(CLI::PositiveNumber);
  add("--evaluate-every", options.evaluate_every, "updates between validations; 0: an epoch")
      ->check(CLI::NonNegativeNumber);
  add("--patience", options.patience, "stop after so many validations without a new best; 0: never")
      ->check(CLI::NonNegativeNumber);
  add("--seed", options.seed, "of the split, the order of the records and random bases");
  app.add_flag("--checkpoint-blocks", options.checkpoint_blocks,
               "keep the activations of one block at a time: less memory, a third more time")
      ->group("Training");
}

std::vector<std::string> patterns_of(const std::vector<std::string>& targets) {
  const std::map<std::string, std::string> names{
      {"linear", "blocks.*"}, {"embeddings", "token_embedding.weight"}, {"head", "lm_head.weight"}};
  std::vector<std::string> patterns;
  for (const auto& target : targets) {
    const auto found = names.find(target);
    patterns.push_back(found != names.end() ? found->second : target);
  }
  return patterns;
}

}  // namespace

const std::set<std::string>& basis_kinds() {
  static const std::set<std::string> kinds{"weights", "random", "activations", "gradients"};
  return kinds;
}

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{"Fine-tunes a pretrained model on your records by training scores; writes an adapter."};
  example::add_pretrained(app, options.model);
  add_data_options(app, options);
  add_adapter_options(app, options);
  add_training_options(app, options);
  example::add_threads(app, options.threads);
  app.add_option("--checkpoint", options.checkpoint,
                 "where a run that is stopped or killed goes on from (default: beside the output)");
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "between checkpoints")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--restart", options.restart, "do not go on from a checkpoint");
  app.add_flag("--dry-run", options.dry_run,
               "read and check everything, print the report and the memory plan, train nothing");
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }
  options.targets = patterns_of(options.targets);
  if (options.basis.empty()) {  // truncated scores must hold the weights themselves
    options.basis = options.form == ampsft::ScoreForm::truncated ? "weights" : "activations";
  }
  ampsft::require(basis_kinds().contains(options.basis) || std::filesystem::exists(options.basis), "--basis ",
                  options.basis, " is neither weights, random, activations or gradients, nor a file that is there");
  if (options.checkpoint.empty()) {
    options.checkpoint = options.beside(".checkpoint.safetensors");
  }
  ampsft::require(options.output.has_filename(), "--output must name a file, not the folder ", options.output);
  std::vector<path> inputs = options.data;
  inputs.insert(inputs.end(), options.validation_data.begin(), options.validation_data.end());
  inputs.insert(inputs.end(), {options.model.model, path(options.basis)});
  example::require_inputs_kept(
      inputs, {options.output, options.checkpoint, options.beside(".metrics.jsonl"), options.beside(".html")});
  ampsft::require(options.patience == 0 || options.validation_share > 0.0 || !options.validation_data.empty(),
                  "--patience needs records for validation: --eval-data, or --eval-split above 0");
  return true;
}

}  // namespace finetune
