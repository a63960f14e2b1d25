// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <ampsft/core/error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/command_line.hpp"
#include "support/inputs_kept.hpp"

namespace finetune {
namespace {

void add_data_options(CLI::App& app, Options& options) {
  auto& dataset = options.dataset;
  app.add_option("-d,--data", options.data, "records: JSON Lines of chats, prompts and completions, or texts; or text")
      ->required()
      ->group("Data");
  app.add_option("--eval-data", dataset.validation_files, "records for validation")->group("Data");
  app.add_option("--eval-split", dataset.validation_share, "share of the records for validation, without --eval-data")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group("Data");
  app.add_flag_function(
         "--skip-bad-records", [&dataset](std::int64_t) { dataset.bad = ampsft::BadRecord::skip; },
         "report records that cannot be read and go on")
      ->group("Data");
  example::add_choice(app, "--loss", dataset.loss,
                      {{"answers", ampsft::LossOn::answers}, {"everything", ampsft::LossOn::everything}},
                      "what is learned")
      ->group("Data");
  app.add_option("--context", dataset.context, "tokens of a row of packed records; longer ones are cut off")
      ->check(CLI::Range(2, 1 << 24))
      ->capture_default_str()
      ->group("Data");
}

/// The options of all methods; those that were given must belong to the one that was chosen.
struct MethodOptions {
  std::string name = "scores";
  ampsft::Scores scores;
  ampsft::Lora lora;
  ampsft::Index rank = 8;
  ampsft::DType stored = ampsft::DType::bf16;
  std::vector<std::string> targets{"linear"};
  std::vector<std::pair<CLI::Option*, std::string>> belonging;  // to those methods alone

  void add(CLI::App& app);
  [[nodiscard]] ampsft::Method method(bool stored_given) const;
};

void MethodOptions::add(CLI::App& app) {
  const auto only = [&](CLI::Option* option, const char* methods) {
    belonging.emplace_back(option->group("Method"), methods);
    return option;
  };
  app.add_option("--method", name, "what is trained: scores over a basis, LoRA factors, or everything (full)")
      ->check(CLI::IsMember(std::vector<std::string>{"scores", "lora", "full"}))
      ->capture_default_str()
      ->type_name("")
      ->group("Method");
  only(app.add_option("-r,--rank", rank, "numbers a row: scores K, or LoRA's r")
           ->check(CLI::PositiveNumber)
           ->capture_default_str(),
       "scores lora");
  only(app.add_option("--targets", targets, "linear, embeddings, head, or patterns of weight names")
           ->default_str("linear"),
       "scores lora");
  only(example::add_choice(app, "--scores", stored, {{"bf16", ampsft::DType::bf16}, {"f32", ampsft::DType::f32}},
                           "format of the numbers that are stored (lora, full: f32 unless given)"),
       "scores lora full");
  only(example::add_choice(app, "--form", scores.form,
                           {{"exact", ampsft::ScoreForm::exact_start}, {"truncated", ampsft::ScoreForm::truncated}},
                           "exact: starts at the untouched model; truncated: the paper's"),
       "scores");
  only(app.add_option("--basis", scores.basis,
                      "weights, random, activations, gradients, or the file of an adapter or of bases")
           ->default_str("activations; weights for --form truncated"),
       "scores");
  only(app.add_option("--basis-batches", scores.basis_batches, "read for activations or gradients")
           ->check(CLI::PositiveNumber)
           ->capture_default_str(),
       "scores");
  only(app.add_option("--alpha", lora.alpha, "LoRA's scale is alpha / rank")
           ->check(CLI::PositiveNumber)
           ->capture_default_str(),
       "lora");
}

ampsft::Method MethodOptions::method(bool stored_given) const {
  for (const auto& [option, methods] : belonging) {
    ampsft::require(option->count() == 0 || methods.find(name) != std::string::npos, option->get_name(),
                    " does not belong to --method ", name);
  }
  if (name == "lora") {
    ampsft::Lora chosen = lora;
    chosen.rank = rank;
    chosen.targets = targets;
    chosen.stored = stored_given ? stored : chosen.stored;
    return chosen;
  }
  if (name == "full") {
    return ampsft::Full{.stored = stored_given ? stored : ampsft::DType::f32};
  }
  ampsft::Scores chosen = scores;
  chosen.rank = rank;
  chosen.targets = targets;
  chosen.stored = stored;
  return chosen;
}

void add_training_options(CLI::App& app, Options& options) {
  auto& run = options.run;
  const auto add = [&](const char* name, auto& value, const char* description) {
    return app.add_option(name, value, description)->capture_default_str()->group("Training");
  };
  app.add_option("--learning-rate,--lr", run.learning_rate, "of AdamW")
      ->check(CLI::PositiveNumber)
      ->default_str("scores 0.001, lora 0.003, full 0.0001")
      ->group("Training");
  example::add_choice(
      app, "--schedule", run.decay,
      {{"cosine", ampsft::Decay::cosine}, {"linear", ampsft::Decay::linear}, {"constant", ampsft::Decay::constant}},
      "of the learning rate, down to a tenth")
      ->group("Training");
  add("--warmup", run.warmup, "share of the steps")->check(CLI::Range(0.0, 1.0));
  add("--weight-decay", run.weight_decay, "of what is trained")->check(CLI::NonNegativeNumber);
  add("--clip", run.clip_norm, "limit on the norm of the gradient; 0: none")->check(CLI::NonNegativeNumber);
  auto* epochs = add("--epochs", run.epochs, "passes over the records")->check(CLI::PositiveNumber);
  app.add_option("--steps", run.steps, "updates, instead of --epochs")
      ->check(CLI::PositiveNumber)
      ->excludes(epochs)
      ->group("Training");
  add("--batch", run.batch, "rows a batch")->check(CLI::PositiveNumber);
  add("--accumulation", run.accumulation, "batches an update")->check(CLI::PositiveNumber);
  add("--evaluate-every", run.evaluate_every, "updates between validations; 0: an epoch")
      ->check(CLI::NonNegativeNumber);
  add("--patience", run.patience, "stop after so many validations without a new best; 0: never")
      ->check(CLI::NonNegativeNumber);
  add("--seed", run.seed, "of the split, the order of the records, random bases and LoRA's start");
  app.add_flag("--checkpoint-blocks", run.checkpoint_blocks,
               "keep the activations of one block at a time: less memory, a third more time")
      ->group("Training");
}

void add_file_options(CLI::App& app, Options& options) {
  app.add_option("-o,--output", options.run.output,
                 "what was trained: a safetensors file, a PEFT folder, a model folder")
      ->default_str("out/finetune/adapter.safetensors; lora: out/finetune/lora; full: out/finetune/model");
  example::add_choice(
      app, "--storage", options.storage,
      {{"as_stored", ampsft::WeightStorage::as_stored},
       {"bf16", ampsft::WeightStorage::bf16},
       {"dense", ampsft::WeightStorage::dense}},
      "frozen weights in memory: as the file has them, float, or bf16 (rounded: the adapter is for those then)");
  app.add_option("--checkpoint", options.run.checkpoint,
                 "where a run that is stopped or killed goes on from (default: beside the output)");
  app.add_option("--checkpoint-seconds", options.run.checkpoint_seconds, "between checkpoints")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--restart", options.run.restart, "do not go on from a checkpoint");
  app.add_flag("--dry-run", options.dry_run,
               "read and check everything, print the report and the memory plan, train nothing");
}

/// Sets what follows from other options, and checks what the library cannot know.
void complete(Options& options) {
  auto& run = options.run;
  if (run.output.empty()) {
    constexpr const char* outputs[] = {"out/finetune/adapter.safetensors", "out/finetune/lora", "out/finetune/model"};
    run.output = outputs[run.method.index()];
  }
  ampsft::require(run.output.has_filename(), "--output must name a file, not the folder ", run.output);
  if (run.checkpoint.empty()) {
    run.checkpoint = options.beside(".checkpoint.safetensors");
  }
  run.metrics = options.beside(".metrics.jsonl");
  options.dataset.seed = run.seed;
  std::vector<path> inputs = options.data;
  inputs.insert(inputs.end(), options.dataset.validation_files.begin(), options.dataset.validation_files.end());
  inputs.push_back(options.model.model);
  if (const auto* scores = std::get_if<ampsft::Scores>(&run.method)) {
    inputs.emplace_back(scores->basis);
  }
  std::vector<path> outputs{run.output, run.checkpoint, run.metrics, options.beside(".html")};
  if (std::holds_alternative<ampsft::Lora>(run.method)) {
    outputs.insert(outputs.begin(), options.beside(".gguf"));
  }
  example::require_inputs_kept(inputs, outputs);
  ampsft::require(std::count(outputs.begin(), outputs.end(), outputs.back()) == 1, "a run writes a page, but ",
                  outputs.back(), " is named for something else too: they are one");
  ampsft::require(
      run.patience == 0 || options.dataset.validation_share > 0.0 || !options.dataset.validation_files.empty(),
      "--patience needs records for validation: --eval-data, or --eval-split above 0");
  run.validate();
}

}  // namespace

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{"Fine-tunes a pretrained model on your records: scores, LoRA or all weights; writes what was trained."};
  MethodOptions method;
  example::add_pretrained(app, options.model);
  add_data_options(app, options);
  method.add(app);
  add_training_options(app, options);
  example::add_threads(app, options.threads);
  add_file_options(app, options);
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }
  options.run.method = method.method(app.get_option("--scores")->count() > 0);
  complete(options);
  return true;
}

}  // namespace finetune
