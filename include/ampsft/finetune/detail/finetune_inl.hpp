// SPDX-License-Identifier: MIT
/// @file
/// How a language model is fine-tuned.
#pragma once

#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/detail/peak_memory.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/metrics.hpp>
#include <ampsft/finetune/detail/model_parts.hpp>
#include <ampsft/finetune/detail/require_finite.hpp>
#include <ampsft/finetune/detail/run_files.hpp>
#include <ampsft/finetune/detail/score_bases.hpp>
#include <ampsft/finetune/detail/target_patterns.hpp>
#include <ampsft/finetune/detail/training_summary.hpp>
#include <ampsft/finetune/finetune.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <sstream>
#include <system_error>
#include <utility>
#include <variant>

namespace ampsft {

namespace detail {

/// One fine-tuning: what is decided before it, in the order in which it is.
class FinetuneRun {
 public:
  FinetuneRun(ModelParts& parts, const Dataset& data, const FinetuneOptions& options)
      : parts_(parts), data_(data), options_(options) {
    options.validate();
    require(data.text_side() == parts.text_side(),
            "finetune: the dataset was made by a model with another tokenizer or chat template; make it with this one");
    require(options.patience == 0 || data.validation() != nullptr,
            "finetune: patience needs records for validation, but the dataset has none");
    require(!options.continue_adapter || !parts.adapter.empty(),
            "finetune: there is no adapter to continue; attach one first");
    require(!options.continue_adapter || parts.adapter.method() == method_name(options.method),
            "finetune: the model's adapter is of another method, which cannot be continued with this one");
    require(options.continue_adapter || parts.adapter.empty(),
            "finetune: the model has an adapter; detach it, or set continue_adapter to train it further");
    require(options.evaluate_every == 0 || data.validation() != nullptr,
            "finetune: evaluate_every needs records for validation, but the dataset has none");
    if (const auto* scores = std::get_if<Scores>(&options.method)) {
      require_basis_kind(*scores);
    }
    require_inputs_kept();
    parts.unmerge();
    before_ = parts.adapter;
    parts_.model.checkpoint_blocks(options.checkpoint_blocks);
  }

  FinetuneResult run();
  FinetunePlan plan();

 private:
  using Clock = std::chrono::steady_clock;

  /// Throws unless the files of the run are others than those that it reads.
  void require_inputs_kept() const;

  [[nodiscard]] bool is_full() const { return std::holds_alternative<Full>(options_.method); }

  void note(const std::string& text) const {
    if (options_.on_note) {
      options_.on_note(text);
    }
  }

  [[nodiscard]] AdamW<float> optimizer() const {
    return AdamW<float>({.learning_rate = options_.rate(), .weight_decay = options_.weight_decay});
  }

  /// What tells this run from others: base, records, what is trained.
  [[nodiscard]] std::string identity(const std::string& base, const BasisSet<float>& bases) const;
  [[nodiscard]] TrainOptions train_options(const std::string& identity) const;
  /// Makes what the method trains trainable, and nothing else.
  void make_trainable(const BasisSet<float>& bases);
  [[nodiscard]] Evaluation measure(const std::function<bool(Index, Index)>& on_batch) const;
  /// What was learned as it will be stored, which the model then has too.
  [[nodiscard]] Adapter::Content take_stored() const;
  /// Trains, with callbacks and metrics; why it diverged goes into the result.
  [[nodiscard]] TrainReport train(TrainOptions run, FinetuneResult& result, std::optional<ValidationPoint>& best);
  /// What is left of a run: adapter and losses.
  void finish(const TrainReport& report, const TrainOptions& run, const std::optional<ValidationPoint>& best,
              FinetuneResult& result);
  /// Saves it, and removes the checkpoint that nobody needs any more.
  void save(const FinetuneResult& result) const;
  /// Puts the model back into the state before; for a run that failed.
  void undo() noexcept;

  ModelParts& parts_;
  const Dataset& data_;
  const FinetuneOptions& options_;
  Adapter before_;        // the adapter that is continued
  std::string base_;      // hash of the weights without adapter
  bool changed_ = false;  // all weights are trained, and are not those from before any more
};

AMPSFT_HEADER_INLINE void FinetuneRun::require_inputs_kept() const {
  const auto same = [](const std::filesystem::path& one, const std::filesystem::path& other) {
    std::error_code error;  // what does not exist is the same as nothing
    return !one.empty() && std::filesystem::equivalent(one, other, error) && !error;
  };
  std::vector<std::filesystem::path> inputs{parts_.path};
  if (const auto* scores = std::get_if<Scores>(&options_.method); scores != nullptr && !scores->basis.empty()) {
    inputs.emplace_back(scores->basis);
  }
  for (const auto& output : {options_.output, options_.checkpoint, options_.metrics}) {
    for (const auto& input : inputs) {
      require(!same(output, input) && !same(output.parent_path(), input), "finetune: ", output,
              " would overwrite what is read, ", input, "; name another place");
    }
  }
}

AMPSFT_HEADER_INLINE std::string FinetuneRun::identity(const std::string& base, const BasisSet<float>& bases) const {
  std::string text = concat("base=", base, " records=", data_.hash());
  const auto add_targets = [&](const std::vector<std::string>& targets) {
    text += " targets=";
    for (const auto& pattern : target_patterns(targets)) {
      text += pattern + ",";
    }
  };
  if (options_.continue_adapter) {
    Checksum checksum;
    for (const auto* parameter : parts_.model.parameters()) {
      if (parameter->trainable) {
        checksum.update(std::as_bytes(std::span(parameter->value.data(), parameter->value.size())));
      }
    }
    text += concat(" adapter=", hash_text(checksum.value()));
  } else if (const auto* scores = std::get_if<Scores>(&options_.method)) {
    text += concat(" form=", score_form_name(scores->form));
    for (const auto& [width, basis] : bases) {
      text += concat(" basis", width, "=", basis_hash(*basis));
    }
    add_targets(scores->targets);
  } else if (const auto* lora = std::get_if<Lora>(&options_.method)) {
    text += concat(" lora rank=", lora->rank, " alpha=", lora->alpha);
    add_targets(lora->targets);
  } else {
    text += " full";
  }
  return text;
}

AMPSFT_HEADER_INLINE TrainOptions FinetuneRun::train_options(const std::string& identity) const {
  const Index rows = data_.training().window_count();
  const Index update = options_.batch * options_.accumulation;
  const Index epoch = (rows + update - 1) / update;
  TrainOptions run;
  run.steps = options_.steps > 0 ? options_.steps : (options_.epochs * rows + update - 1) / update;
  run.sequences = options_.batch;
  run.accumulation = options_.accumulation;
  run.clip_norm = options_.clip_norm;
  run.schedule = {options_.decay, std::lround(options_.warmup * static_cast<double>(run.steps)), 0.1};
  run.seed = options_.seed;
  run.identity = identity;
  if (data_.validation() != nullptr) {
    run.evaluate_every = std::min(options_.evaluate_every > 0 ? options_.evaluate_every : epoch, run.steps);
    run.evaluation.sequences = options_.batch;
    run.patience = options_.patience;
    run.restore_best = true;
  }
  run.checkpoint = options_.checkpoint;
  run.checkpoint_seconds = options_.checkpoint_seconds;
  return run;
}

AMPSFT_HEADER_INLINE void FinetuneRun::make_trainable(const BasisSet<float>& bases) {
  if (options_.continue_adapter) {
    freeze(parts_.model.parameters());
    for (auto* weight : parts_.model.weights()) {
      for (auto* leaf : weight->is_adapted() ? weight->leaves() : ParameterList<float>{}) {
        leaf->trainable = true;
      }
    }
  } else if (const auto* scores = std::get_if<Scores>(&options_.method)) {
    parts_.keep_originals();
    attach_scores(parts_.model, bases, scores->form, {.patterns = target_patterns(scores->targets)});
  } else if (const auto* lora = std::get_if<Lora>(&options_.method)) {
    parts_.keep_originals();
    attach_lora(parts_.model, {.rank = lora->rank, .alpha = lora->alpha, .seed = options_.seed},
                {.patterns = target_patterns(lora->targets)});
  } else {
    for (auto* parameter : parts_.model.parameters()) {
      parameter->trainable = true;
    }
  }
}

AMPSFT_HEADER_INLINE Evaluation FinetuneRun::measure(const std::function<bool(Index, Index)>& on_batch) const {
  EvaluateOptions evaluation{.sequences = options_.batch};
  evaluation.on_batch = on_batch;
  return evaluate(parts_.model, *data_.validation(), evaluation);
}

/// The type that a method's numbers are stored as.
inline DType stored_type(const Method& method) {
  return std::visit([](const auto& any) { return any.stored; }, method);
}

/// Rounds numbers to those that a file of that type holds.
inline void round_to(DType dtype, Matrix<float>& values) {
  std::vector<std::byte> stored(values.size() * dtype_bytes(dtype));
  encode<float>(dtype, std::span<const float>(values.data(), values.size()), stored.data());
  decode<float>(dtype, stored, values.data());
}

AMPSFT_HEADER_INLINE Adapter::Content FinetuneRun::take_stored() const {
  const auto weights = parts_.model.weights();
  if (std::holds_alternative<Lora>(options_.method)) {
    return take_lora(weights, base_);
  }
  return take_adapter(weights, base_);
}

AMPSFT_HEADER_INLINE TrainReport FinetuneRun::train(TrainOptions run, FinetuneResult& result,
                                                    std::optional<ValidationPoint>& best) {
  Metrics metrics(options_.metrics);
  const double filled = data_.training().packed().filled();
  std::error_code ignored;
  changed_ = !options_.checkpoint.empty() && std::filesystem::exists(options_.checkpoint, ignored);
  run.on_update = [&](const TrainingProgress& progress) {
    changed_ = true;
    TrainingProgress shown = progress;
    shown.tokens_per_second *= filled;  // padding left out
    nlohmann::json line{{"loss", shown.loss},
                        {"gradient_norm", shown.gradient_norm},
                        {"learning_rate", options_.rate() * shown.learning_rate_factor},
                        {"tokens_per_second", shown.tokens_per_second}};
    if (shown.validation_loss) {
      line["validation_loss"] = *shown.validation_loss;
      line["validation_perplexity"] = std::exp(*shown.validation_loss);
    }
    metrics.add(shown.step, line);
    return !options_.on_update || options_.on_update(shown);
  };
  run.evaluation.on_batch = options_.on_validation;
  TrainReport report;
  try {
    report = Trainer(parts_.model, optimizer()).fit(data_.training(), run, data_.validation());
  } catch (const Diverged& error) {
    report = error.report();
    result.diverged = error.reason();
    best = error.restored();
  }
  report.tokens = std::lround(static_cast<double>(report.tokens) * filled);
  return report;
}

AMPSFT_HEADER_INLINE void FinetuneRun::finish(const TrainReport& report, const TrainOptions& run,
                                              const std::optional<ValidationPoint>& best, FinetuneResult& result) {
  result.losses = report.losses;
  result.validation = report.validation;
  result.tokens = report.tokens;
  result.seconds = report.seconds;
  result.stopped = report.stopped;
  result.best = best;
  if (!best && !report.stopped && !report.validation.empty()) {
    result.best = *std::min_element(report.validation.begin(), report.validation.end(),
                                    [](const auto& a, const auto& b) { return a.loss < b.loss; });
  }
  parts_.stamps.require_unchanged();
  for (auto* parameter : parts_.model.parameters()) {
    if (parameter->trainable) {
      round_to(stored_type(options_.method), parameter->value);
    }
  }
  std::optional<Adapter::Content> content;
  if (is_full()) {
    parts_.base_changed();
  } else {
    content = take_stored();
  }
  freeze(parts_.model.parameters());
  parts_.weights_changed();
  if (data_.validation() != nullptr && !report.stopped) {
    result.validation_after = measure([&](Index done, Index rows) {
                                if (options_.on_validation) {
                                  options_.on_validation(done, rows);  // too late to stop anything
                                }
                                return true;
                              }).loss;
  }
  if (content) {
    const nlohmann::json summary = training_summary(parts_, data_, options_, run, result, best);
    std::visit([&](auto& adapter) { adapter.training = summary; }, *content);
    result.adapter =
        Adapter(std::move(*content), parts_.text.config, parts_.path.string(), stored_type(options_.method));
    parts_.adapter = result.adapter;
  }
  result.peak_bytes = peak_memory();
}

AMPSFT_HEADER_INLINE void FinetuneRun::save(const FinetuneResult& result) const {
  if (options_.output.empty() || result.stopped) {
    return;
  }
  if (is_full()) {
    parts_.save(options_.output, stored_type(options_.method), nullptr);
  } else {
    result.adapter.save(options_.output);
  }
  if (!options_.checkpoint.empty() && !result.diverged) {
    std::error_code error;
    std::filesystem::remove(options_.checkpoint, error);
    if (error) {
      note(concat("The checkpoint ", options_.checkpoint, " cannot be removed: ", error.message()));
    }
  }
}

AMPSFT_HEADER_INLINE FinetuneResult FinetuneRun::run() {
  options_.check_files();
  const auto locks = open_run_files(options_);
  require_finite(parts_.base_weights(), parts_.model.parameters());
  if (is_full() && parts_.storage != WeightStorage::dense) {
    note("All weights are trained, so they are read again, in float");
    parts_.reload(WeightStorage::dense);
    parts_.model.checkpoint_blocks(options_.checkpoint_blocks);
  }
  base_ = parts_.base_hash();
  freeze(parts_.model.parameters());
  BasisSet<float> bases;
  const auto* scores = std::get_if<Scores>(&options_.method);
  if (scores != nullptr && !options_.continue_adapter) {
    if (const std::string plan = basis_memory(parts_, data_.training(), *scores, options_); !plan.empty()) {
      note(plan);
    }
    const auto start = Clock::now();
    bases = make_bases(parts_, data_.training(), *scores, options_);
    char text[48];
    std::snprintf(text, sizeof text, " in %.1f s", std::chrono::duration<double>(Clock::now() - start).count());
    note(concat("Bases of ", basis_kind(*scores), text));
  }
  FinetuneResult result;
  if (data_.validation() != nullptr) {
    const Evaluation before = measure(options_.on_validation);
    result.stopped = before.stopped;
    if (result.stopped) {
      return result;
    }
    result.validation_before = before.loss;
    char text[96];
    std::snprintf(text, sizeof text, "Validation perplexity of the %s model: %.3f",
                  options_.continue_adapter ? "adapted" : "untouched", std::exp(*result.validation_before));
    note(text);
  }
  std::optional<ValidationPoint> best;
  try {
    make_trainable(bases);
    const auto run = train_options(identity(base_, bases));
    result.steps = run.steps;
    result.trained = trainable_count(parts_.model.parameters());
    note(concat(result.trained, scores != nullptr ? " scores" : " numbers", " to train, ", run.steps, " steps"));
    const auto batch = data_.training().shuffled_batch(options_.seed, 0, options_.batch);
    result.memory = plan_memory(parts_.model, optimizer(), batch.view());
    std::ostringstream plan;
    plan << "Memory of a step, besides some MiB that the kernels pack\n" << result.memory;
    note(plan.str());
    const TrainReport report = train(run, result, best);
    if (result.diverged && !best) {
      throw FinetuneDiverged(*result.diverged,
                             concat("Nothing is left of it, for there was no validation before; lower the ",
                                    "learning_rate, which is ", options_.rate()),
                             nullptr);
    }
    finish(report, run, best, result);
  } catch (...) {
    undo();
    throw;
  }
  save(result);  // if that fails, the model still has what was learned
  if (result.diverged) {
    throw FinetuneDiverged(*result.diverged,
                           concat("The model has the best numbers so far, those of step ", best->step,
                                  "; lower the learning_rate, which is ", options_.rate()),
                           std::make_shared<const FinetuneResult>(result));
  }
  return result;
}

AMPSFT_HEADER_INLINE void FinetuneRun::undo() noexcept {
  try {
    if (!is_full()) {
      parts_.put_back();
      if (!before_.empty()) {
        parts_.attach(before_);
      }
    } else if (changed_ && parts_.trained) {
      parts_.base_changed();  // what they were before is nowhere
      parts_.weights_changed();
    } else if (changed_) {
      parts_.reload(parts_.storage);
    }
    freeze(parts_.model.parameters());
  } catch (...) {  // NOLINT(bugprone-empty-catch): the error that led here says more
  }
}

AMPSFT_HEADER_INLINE FinetunePlan FinetuneRun::plan() {
  options_.check_files();
  FinetunePlan plan;
  const auto fill = [&](Transformer<float>& model, const TrainOptions& run) {
    plan.steps = run.steps;
    plan.trained = trainable_count(model.parameters());
    plan.goes_on_from = Trainer(model, optimizer()).prepare(data_.training(), run, data_.validation());
    const auto batch = data_.training().shuffled_batch(options_.seed, 0, options_.batch);
    plan.memory = plan_memory(model, optimizer(), batch.view());
    plan.best = data_.validation() != nullptr ? plan.memory.trained : 0;
  };
  std::error_code ignored;
  const bool goes_on =
      !options_.restart && !options_.checkpoint.empty() && std::filesystem::exists(options_.checkpoint, ignored);
  // Whether a checkpoint belongs to this run can only be told with the base and the bases that it would have.
  const std::string base = goes_on ? parts_.base_hash() : "";
  BasisSet<float> bases;
  const auto* scores = std::get_if<Scores>(&options_.method);
  if (scores != nullptr && !options_.continue_adapter) {
    plan.basis_memory = basis_memory(parts_, data_.training(), *scores, options_);
    bases = goes_on ? make_bases(parts_, data_.training(), *scores, options_)
                    : stand_in_bases(parts_, data_.training(), *scores, options_);
  }
  const auto options_of_run = [&] {
    auto run = train_options(identity(base, bases));
    if (!goes_on) {
      run.checkpoint.clear();
    }
    return run;
  };
  if (is_full()) {
    UnfilledWeights<float> no_values;
    Transformer<float> model(parts_.text.config, no_values);
    model.checkpoint_blocks(options_.checkpoint_blocks);
    fill(model, options_of_run());
    return plan;
  }
  try {
    make_trainable(bases);
    fill(parts_.model, options_of_run());
  } catch (...) {
    undo();
    throw;
  }
  undo();
  return plan;
}

}  // namespace detail

AMPSFT_HEADER_INLINE FinetuneResult finetune(LanguageModel& model, const Dataset& data,
                                             const FinetuneOptions& options) {
  return detail::FinetuneRun(model.parts(), data, options).run();
}

AMPSFT_HEADER_INLINE FinetunePlan plan_finetune(LanguageModel& model, const Dataset& data,
                                                const FinetuneOptions& options) {
  return detail::FinetuneRun(model.parts(), data, options).plan();
}

}  // namespace ampsft
