// SPDX-License-Identifier: MIT
/// @file
/// The training loop.
#pragma once

#include <ampsft/train/checkpoint.hpp>
#include <ampsft/train/clip.hpp>
#include <ampsft/train/communicator.hpp>
#include <ampsft/train/evaluate.hpp>
#include <ampsft/train/gradient_sum.hpp>
#include <ampsft/train/replica.hpp>
#include <ampsft/train/schedule.hpp>
#include <ampsft/train/shard.hpp>
#include <ampsft/train/train_options.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// Trains whatever of a model is trainable.
///
/// `Model` has `loss(tape, token_batch)`, `parameters()` and `dropout_random()`, as `Transformer` does. The loss of an
/// update, and its gradient, is the mean over all targets of its batches, on all ranks, that are not ignored: each
/// weighs the same, in whatever batch it stands. Same seed and same thread count: the same run bit for bit, also over a
/// kill and a resume. A checkpoint knows the options and what is trained, not the text or the frozen weights: give each
/// of those a checkpoint path or an `identity` of its own. A second `fit` goes on with the optimiser's state.
///
/// Several ranks (`C`) each hold the same model and text and take their part of each batch; gradients and losses are
/// means over all of it, so a run equals that of one process with the whole batch to rounding, dropout apart, whose
/// masks differ by rank. Rank 0 writes the checkpoints, which all must be able to read; that all hold the same weights
/// is checked at the start and before each. What one throws alone must end the others too (`run_with_mpi` does that).
template <class Model, class O, Communicator C = Alone>
requires Optimizer<O, typename Model::scalar>
class Trainer {
 public:
  using T = typename Model::scalar;

  /// Keeps a reference to the model and copies of the optimiser and the communicator.
  Trainer(Model& model, O optimizer, C ranks = {})
      : model_(&model), optimizer_(std::move(optimizer)), ranks_(std::move(ranks)) {}

  /// Does what `fit` does before its first update, and refuses what it refuses: returns the number of updates that the
  /// checkpoint has already, whose weights the model has then; 0: there is none.
  template <class Dataset>
  Index prepare(const Dataset& text, const TrainOptions& given, const Dataset* validation = nullptr) {
    const TrainOptions options = with_steps(text, given);
    validate(options, validation != nullptr);
    trainable_.clear();
    for (auto* parameter : model_->parameters()) {
      if (parameter->trainable) {
        trainable_.push_back(parameter);
      }
    }
    require(!trainable_.empty(), "training: no parameter of the model is trainable");
    update_tokens_ = options.accumulation * options.sequences * ranks_.size() * text.length();
    begin(options, text.length());
    return state_.step;
  }

  /// Runs `options.steps` updates on `text`, measuring the loss on `validation` where one is given.
  ///
  /// A `Dataset` with `shuffled_batch(seed, first, count)`, as `PackedDataset`, is walked through in shuffled epochs;
  /// of others, as `TokenStream`, `sample(random, count)` draws windows at random.
  /// Throws `Error` for options that cannot be, if nothing is trainable, if the checkpoint cannot be used, if ranks
  /// differ, and `Diverged`, on all ranks alike. Memory: the activations of one batch; gradients (over several ranks
  /// twice) and optimiser state of what is trainable.
  template <class Dataset>
  TrainReport fit(const Dataset& text, const TrainOptions& given, const Dataset* validation = nullptr) {
    const TrainOptions options = with_steps(text, given);
    prepare(text, options, validation);
    const auto evaluation_due = [&] {
      return validation != nullptr && options.evaluate_every > 0 && state_.step > 0 &&
             (state_.step % options.evaluate_every == 0 || state_.step == options.steps) &&
             (state_.validation.empty() || state_.validation.back().step < state_.step);
    };
    bool stopped = false;
    while ((state_.step < options.steps || evaluation_due()) && !out_of_patience(options) && !stopped) {
      if (!evaluation_due()) {  // else the run was stopped in that evaluation
        const auto start = Clock::now();
        update(text, options);
        const double spent = seconds_since(start);
        state_.seconds += spent;
        seconds_here_ += spent;
        ++updates_here_;
      }
      std::optional<double> validation_loss;
      if (evaluation_due()) {
        validation_loss = measure(*validation, options);
        stopped = !validation_loss.has_value();
      }
      if (!stopped) {
        // Ranks do not see the same clock or signals, and must still do the same.
        const bool goes_on = !options.on_update || options.on_update(progress(options, validation_loss));
        std::array<double, 2> votes{goes_on ? 0.0 : 1.0,
                                    seconds_since(saved_) >= options.checkpoint_seconds ? 1.0 : 0.0};
        ranks_.sum(std::span<double>(votes));
        stopped = votes[0] > 0.0;
        if (votes[1] > 0.0) {
          save(options);
          saved_ = Clock::now();
        }
      }
    }
    if (!weights_are_finite()) {
      diverge(concat("after step ", state_.step, " the weights are not finite"), options);
    }
    save(options);
    if (!stopped) {
      restore_best(options);
    }
    TrainReport report = this->report();
    report.stopped = stopped;
    return report;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// The options with epochs counted as steps.
  template <class Dataset>
  [[nodiscard]] TrainOptions with_steps(const Dataset& text, TrainOptions options) const {
    require(options.epochs >= 0, "training: epochs must not be negative, but are ", options.epochs);
    const Index update = options.sequences * options.accumulation * ranks_.size();
    if (options.epochs > 0 && update > 0) {
      if constexpr (requires { text.shuffled_batch(options.seed, update, update); }) {
        options.steps = (options.epochs * text.window_count() + update - 1) / update;
        options.epochs = 0;
      } else {
        fail("training: epochs are counted for datasets of rows; give steps for this one");
      }
    }
    return options;
  }

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  static void validate(const TrainOptions& options, bool has_validation) {
    require(options.steps >= 1, "training: steps must be at least 1, not ", options.steps);
    require(options.sequences >= 1, "training: a batch needs at least 1 sequence, not ", options.sequences);
    require(options.accumulation >= 1, "training: accumulation must be at least 1, not ", options.accumulation);
    require(options.clip_norm >= 0.0, "training: the gradient limit must not be negative, but is ", options.clip_norm);
    require(options.evaluate_every >= 0 && options.patience >= 0,
            "training: evaluation interval and patience must not be negative");
    require((options.patience == 0 && !options.restore_best) || (has_validation && options.evaluate_every > 0),
            "training: patience and restoring the best weights need validation text and an evaluation interval");
    options.schedule.validate();
  }

  [[nodiscard]] std::string describe(const TrainOptions& options, Index length) const {
    return concat(optimizer_.describe(), " schedule=", options.schedule.describe(), " steps=", options.steps,
                  " batch=", options.sequences * ranks_.size(), "x", length, "x", options.accumulation,
                  " clip=", options.clip_norm, " seed=", options.seed, " evaluate=", options.evaluate_every, "x",
                  options.evaluation.sequences, "x", options.evaluation.max_windows, " patience=", options.patience,
                  " best=", options.restore_best, options.identity.empty() ? "" : " ", options.identity);
  }

  /// A fresh start, or the state of the checkpoint.
  void begin(const TrainOptions& options, Index length) {
    run_ = describe(options, length);
    detail::require_same_run(ranks_, run_);
    checkpoint_ = options.checkpoint;
    best_.clear();
    state_ = {};
    last_good_.reset();
    changed_ = false;
    updates_here_ = 0;
    seconds_here_ = 0.0;
    tape_.clear();  // an exception may have left them half used
    inference_.clear();
    Random seeds(options.seed);
    state_.sampler = Random(seeds());
    state_.dropout = Random(seeds());
    if (!options.checkpoint.empty() && std::filesystem::exists(options.checkpoint)) {
      state_ = load_checkpoint(options.checkpoint, trainable_, optimizer_, best_, run_);
      last_good_ = state_.step;
    }
    detail::require_same_start(ranks_, *model_, state_.step);
    saved_ = Clock::now();
  }

  /// One update: gradients of `accumulation` batches, summed over the ranks, clipped, then the optimiser.
  template <class Dataset>
  void update(const Dataset& text, const TrainOptions& options) {
    for (auto* parameter : trainable_) {
      parameter->clear_gradient();
    }
    batches_.clear();
    Index counted = 0;  // targets of the update
    for (Index i = 0; i < options.accumulation; ++i) {
      batches_.push_back(draw(text, options, state_.step * options.accumulation + i));
      counted += counted_targets(batches_.back().targets);
    }
    require(counted > 0, "training: every target of step ", state_.step + 1, " is ignored, so there is no loss");
    double loss = 0.0;
    for (const Batch& batch : batches_) {
      const Shard own = shard_of(batch, ranks_.rank(), ranks_.size());
      // All ranks know the generator of these seeds, so one checkpoint is enough for all.
      model_->dropout_random() = Random(state_.dropout() + static_cast<std::uint64_t>(ranks_.rank()));
      if (own.counted == 0) {  // all that this rank could learn from is ignored
        continue;
      }
      const double weight = static_cast<double>(own.counted) / static_cast<double>(counted);
      const Variable<T> mean = model_->loss(tape_, own.tokens);
      loss += static_cast<double>(mean.value()(0, 0)) * weight;
      tape_.backward(mean, static_cast<T>(weight));
      tape_.clear();
    }
    gradient_sum_(ranks_, trainable_, loss);
    const double norm = clip_gradients(trainable_, options.clip_norm);
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      diverge(concat("at step ", state_.step + 1, " the loss is ", shown(loss), ", the gradient's norm ", shown(norm)),
              options);
    }
    optimizer_.step(trainable_, options.schedule.factor(state_.step, options.steps));
    state_.losses.push_back(loss);
    state_.gradient_norm = norm;
    ++state_.step;
    changed_ = true;
  }

  /// What is known of the last update.
  [[nodiscard]] TrainingProgress progress(const TrainOptions& options, std::optional<double> validation_loss) const {
    // A session that begins with an evaluation has no update of its own yet.
    const auto updates = static_cast<double>(updates_here_ > 0 ? updates_here_ : state_.step);
    const double seconds = updates_here_ > 0 ? seconds_here_ : state_.seconds;
    return {.step = state_.step,
            .steps = options.steps,
            .loss = state_.losses.back(),
            .gradient_norm = state_.gradient_norm,
            .learning_rate_factor = options.schedule.factor(state_.step - 1, options.steps),
            .tokens_per_second = updates * static_cast<double>(update_tokens_) / seconds,
            .seconds_left = static_cast<double>(options.steps - state_.step) * seconds / updates,
            .validation_loss = validation_loss};
  }

  /// Batch number `index` of the run, of all ranks.
  template <class Dataset>
  [[nodiscard]] Batch draw(const Dataset& text, const TrainOptions& options, Index index) {
    const Index count = options.sequences * ranks_.size();
    if constexpr (requires { text.shuffled_batch(options.seed, index, count); }) {
      return text.shuffled_batch(options.seed, index * count, count);
    } else {
      return text.sample(state_.sampler, count);
    }
  }

  /// Without the sign of a NaN, which means nothing.
  [[nodiscard]] static double shown(double number) {
    return std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number;
  }

  /// Ends a run that cannot go on, with the best weights where they are wanted.
  [[noreturn]] void diverge(const std::string& reason, const TrainOptions& options) {
    std::string advice = concat("lower the learning rate. ", last_good_ ? concat("The last good checkpoint is ",
                                                                                 checkpoint_, " of step ", *last_good_)
                                                                        : std::string("There is no checkpoint"));
    const auto restored = restore_best(options);
    if (restored) {
      advice += concat(". The model has its best weights again, those of step ", restored->step);
    }
    throw Diverged(reason, advice, report(), restored);
  }

  /// Gives the model the weights of the best evaluation, and says which that was; nothing if they are not wanted or
  /// none was.
  std::optional<ValidationPoint> restore_best(const TrainOptions& options) {
    if (!options.restore_best || best_.empty()) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < trainable_.size(); ++i) {
      trainable_[i]->value = best_[i];
    }
    return *std::min_element(state_.validation.begin(), state_.validation.end(),
                             [](const auto& a, const auto& b) { return a.loss < b.loss; });
  }

  [[nodiscard]] TrainReport report() const {
    return {.losses = state_.losses,
            .validation = state_.validation,
            .seconds = state_.seconds,
            .tokens = state_.step * update_tokens_};
  }

  /// The loss on `validation`; none if the options' callback ended it.
  template <class Dataset>
  std::optional<double> measure(const Dataset& validation, const TrainOptions& options) {
    const Evaluation evaluation = evaluate(*model_, validation, options.evaluation, inference_, ranks_);
    if (evaluation.stopped) {
      return std::nullopt;
    }
    const double loss = evaluation.loss;
    if (!std::isfinite(loss)) {
      diverge(concat("after step ", state_.step, " the validation loss is ", shown(loss)), options);
    }
    if (options.restore_best && loss < best_loss()) {
      best_.clear();
      for (const auto* parameter : trainable_) {
        best_.push_back(parameter->value);
      }
    }
    state_.validation.push_back({state_.step, loss});
    changed_ = true;
    return loss;
  }

  [[nodiscard]] double best_loss() const {
    double best = std::numeric_limits<double>::infinity();
    for (const auto& point : state_.validation) {
      best = std::min(best, point.loss);
    }
    return best;
  }

  [[nodiscard]] bool out_of_patience(const TrainOptions& options) const {
    if (options.patience == 0) {
      return false;
    }
    Index since = 0;
    double best = std::numeric_limits<double>::infinity();
    for (const auto& point : state_.validation) {
      since = point.loss < best ? 0 : since + 1;
      best = std::min(best, point.loss);
    }
    return since >= options.patience;
  }

  /// Checks that the ranks still agree, and leaves a checkpoint if one is wanted.
  void save(const TrainOptions& options) {
    detail::require_same_weights(ranks_, trainable_, state_.step);
    if (options.checkpoint.empty() || !changed_ || !weights_are_finite()) {
      return;
    }
    if (ranks_.rank() == 0) {
      save_checkpoint(options.checkpoint, trainable_, optimizer_, best_, state_, run_);
    }
    detail::wait_for_first(ranks_);
    last_good_ = state_.step;
    changed_ = false;
  }

  /// An update may have ended in infinity, which the next loss will tell: the last good checkpoint must survive that.
  [[nodiscard]] bool weights_are_finite() const {
    return std::all_of(trainable_.begin(), trainable_.end(),
                       [](const auto* parameter) { return flat(parameter->value).allFinite(); });
  }

  Model* model_;
  O optimizer_;
  [[no_unique_address]] C ranks_;
  GradientSum<T> gradient_sum_;
  ParameterList<T> trainable_;
  TrainingState state_;
  std::vector<Batch> batches_;  // of the update
  std::string run_;
  std::filesystem::path checkpoint_;
  std::vector<Matrix<T>> best_;  // one a parameter, once an evaluation asked for it
  Tape<T> tape_;
  Tape<T> inference_{TapeMode::inference};
  std::optional<Index> last_good_;  // step of the checkpoint on disk
  bool changed_ = false;            // since that checkpoint
  Index update_tokens_ = 0;         // of all ranks
  Index updates_here_ = 0;          // in this session
  double seconds_here_ = 0.0;
  Clock::time_point saved_;
};

}  // namespace ampsft
