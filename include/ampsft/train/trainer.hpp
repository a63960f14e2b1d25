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

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace ampsft {

/// Thrown when a loss or a gradient is no number any more; names the step and the last good checkpoint.
class Diverged : public Error {
 public:
  using Error::Error;
};

/// What is known after an update.
struct TrainingProgress {
  Index step = 0;   ///< updates done
  Index steps = 0;  ///< updates asked for
  double loss = 0.0;
  double gradient_norm = 0.0;  ///< before clipping
  double learning_rate_factor = 0.0;
  double tokens_per_second = 0.0;  ///< since this call of `fit` began, evaluation not counted
  double seconds_left = 0.0;
  std::optional<double> validation_loss;  ///< if it was measured after this update
};

/// How long, on what and with what safety net.
struct TrainOptions {
  Index steps = 100;
  Index sequences = 4;     ///< windows a batch, on each rank
  Index accumulation = 1;  ///< batches an update
  double clip_norm = 1.0;  ///< limit on the norm of all gradients; 0: none
  Schedule schedule = {};
  std::uint64_t seed = 0;
  std::string identity = {};  ///< what else tells this run from others, say a hash of its text: checkpoints keep it

  Index evaluate_every = 0;  ///< updates between evaluations; 0: none
  EvaluateOptions evaluation = {};
  Index patience = 0;         ///< stop after so many evaluations without a new best; 0: never
  bool restore_best = false;  ///< end with the weights of the best evaluation

  std::filesystem::path checkpoint = {};  ///< empty: none. An existing file of the same run is resumed
  double checkpoint_seconds = 30.0;       ///< between checkpoints
  /// Called after every update, on every rank; returning false on any ends the run early, with a checkpoint.
  std::function<bool(const TrainingProgress&)> on_update = nullptr;
};

/// What a run did.
struct TrainReport {
  std::vector<double> losses;  ///< one an update, before that update
  std::vector<ValidationPoint> validation;
  double seconds = 0.0;  ///< spent training, over all sessions, evaluation not counted
  Index tokens = 0;      ///< of all ranks, ignored ones and padding too
  bool stopped = false;  ///< by `on_update`

  [[nodiscard]] double tokens_per_second() const { return seconds > 0.0 ? static_cast<double>(tokens) / seconds : 0.0; }
};

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

  /// Runs `options.steps` updates on `text`, measuring the loss on `validation` where one is given.
  ///
  /// A `Dataset` with `shuffled_batch(seed, first, count)`, as `PackedDataset`, is walked through in shuffled epochs;
  /// of others, as `TokenStream`, `sample(random, count)` draws windows at random.
  /// Throws `Error` for options that cannot be, if nothing is trainable, if the checkpoint cannot be used, if ranks
  /// differ, and `Diverged`, on all ranks alike. Memory: the activations of one batch; gradients (over several ranks
  /// twice) and optimiser state of what is trainable.
  template <class Dataset>
  TrainReport fit(const Dataset& text, const TrainOptions& options, const Dataset* validation = nullptr) {
    validate(options, validation != nullptr);
    trainable_.clear();
    for (auto* parameter : model_->parameters()) {
      if (parameter->trainable) {
        trainable_.push_back(parameter);
      }
    }
    require(!trainable_.empty(), "training: no parameter of the model is trainable");
    begin(options, text.length());
    const Index batch_tokens = options.accumulation * options.sequences * ranks_.size() * text.length();
    Index here = 0;  // updates in this session
    double seconds_here = 0.0;
    TrainReport report;
    while (state_.step < options.steps && !out_of_patience(options) && !report.stopped) {
      const auto start = Clock::now();
      TrainingProgress progress = update(text, options);
      const double spent = seconds_since(start);
      state_.seconds += spent;
      seconds_here += spent;
      ++here;
      progress.tokens_per_second = static_cast<double>(here * batch_tokens) / seconds_here;
      progress.seconds_left =
          static_cast<double>(options.steps - state_.step) * seconds_here / static_cast<double>(here);
      if (validation != nullptr && options.evaluate_every > 0 &&
          (state_.step % options.evaluate_every == 0 || state_.step == options.steps)) {
        progress.validation_loss = measure(*validation, options);
      }
      // Ranks do not see the same clock or signals, and must still do the same.
      std::array<double, 2> votes{options.on_update && !options.on_update(progress) ? 1.0 : 0.0,
                                  seconds_since(saved_) >= options.checkpoint_seconds ? 1.0 : 0.0};
      ranks_.sum(std::span<double>(votes));
      report.stopped = votes[0] > 0.0;
      if (votes[1] > 0.0) {
        save(options);
        saved_ = Clock::now();
      }
    }
    if (!weights_are_finite()) {
      throw Diverged(diverged("the weights are not finite"));
    }
    save(options);
    if (options.restore_best && !best_.empty() && !report.stopped) {
      for (std::size_t i = 0; i < trainable_.size(); ++i) {
        trainable_[i]->value = best_[i];
      }
    }
    report.losses = state_.losses;
    report.validation = state_.validation;
    report.seconds = state_.seconds;
    report.tokens = state_.step * batch_tokens;
    return report;
  }

 private:
  using Clock = std::chrono::steady_clock;

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
  TrainingProgress update(const Dataset& text, const TrainOptions& options) {
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
    TrainingProgress progress;
    progress.gradient_norm = clip_gradients(trainable_, options.clip_norm);
    require_finite(loss, progress.gradient_norm);
    progress.learning_rate_factor = options.schedule.factor(state_.step, options.steps);
    optimizer_.step(trainable_, progress.learning_rate_factor);
    state_.losses.push_back(loss);
    ++state_.step;
    progress.step = state_.step;
    progress.steps = options.steps;
    progress.loss = loss;
    return progress;
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

  void require_finite(double loss, double norm) const {
    if (std::isfinite(loss) && std::isfinite(norm)) {
      return;
    }
    throw Diverged(
        diverged(concat("at step ", state_.step + 1, " the loss is ", loss, ", the gradient's norm ", norm)));
  }

  [[nodiscard]] std::string diverged(const std::string& what) const {
    return concat("training diverged: ", what, "; lower the learning rate. ",
                  last_good_ ? concat("The last good checkpoint is ", checkpoint_, " of step ", *last_good_)
                             : std::string("There is no checkpoint"));
  }

  template <class Dataset>
  double measure(const Dataset& validation, const TrainOptions& options) {
    const double loss = evaluate(*model_, validation, options.evaluation, inference_, ranks_).loss;
    if (!std::isfinite(loss)) {
      throw Diverged(diverged(concat("after step ", state_.step, " the validation loss is ", loss)));
    }
    if (options.restore_best && loss < best_loss()) {
      best_.clear();
      for (const auto* parameter : trainable_) {
        best_.push_back(parameter->value);
      }
    }
    state_.validation.push_back({state_.step, loss});
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
    if (options.checkpoint.empty() || last_good_ == state_.step || !weights_are_finite()) {
      return;
    }
    if (ranks_.rank() == 0) {
      save_checkpoint(options.checkpoint, trainable_, optimizer_, best_, state_, run_);
    }
    detail::wait_for_first(ranks_);
    last_good_ = state_.step;
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
  Clock::time_point saved_;
};

}  // namespace ampsft
