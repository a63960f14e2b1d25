// SPDX-License-Identifier: MIT
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <cmath>
#include <limits>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "train/thread_ranks.hpp"
#include "train/tiny.hpp"

using namespace ampsft;
using tiny::on_ranks;
using tiny::ThreadRanks;

namespace {

/// The text with some windows' targets ignored, whole ones and parts, so that ranks differ in what they count.
struct Masked {
  TokenStream text = tiny::text();

  [[nodiscard]] Index length() const { return text.length(); }
  [[nodiscard]] Index window_count() const { return text.window_count(); }
  [[nodiscard]] Batch window_batch(Index first, Index sequences) const { return text.window_batch(first, sequences); }
  [[nodiscard]] Batch sample(Random& random, Index sequences) const {
    Batch batch = text.sample(random, sequences);
    for (std::size_t i = 0; i < batch.targets.size(); ++i) {
      const bool all = batch.inputs[i - i % static_cast<std::size_t>(length())] == 0;
      batch.targets[i] = all || batch.targets[i] == 4 ? ignored_target : batch.targets[i];
    }
    return batch;
  }
};

enum class Form { dense, exact_start, truncated, lora };

template <Scalar T>
Transformer<T> model_of(Form form) {
  Transformer<T> model(tiny::config(), 1);
  if (form == Form::exact_start || form == Form::truncated) {
    const auto bases = fit_bases(model.weights(), {.rank = 3});
    freeze(model.parameters());
    attach_scores(model.weights(), bases, form == Form::truncated ? ScoreForm::truncated : ScoreForm::exact_start);
  } else if (form == Form::lora) {
    freeze(model.parameters());
    attach_lora(model.weights(), {.rank = 2});
  }
  return model;
}

TrainOptions short_run() {
  TrainOptions options;
  options.steps = 10;
  options.sequences = 1;
  options.accumulation = 2;
  options.clip_norm = 0.5;
  options.seed = 5;
  options.evaluate_every = 5;
  options.evaluation.sequences = 3;
  return options;
}

template <class Model>
auto trainer_of(Model& model, const ThreadRanks& ranks) {
  return Trainer(model, AdamW<typename Model::scalar>({.learning_rate = 1e-2}), ranks);
}

/// Two ranks train models of `config`; the weights and losses of each.
struct Together {
  std::vector<float> ends[2];
  TrainReport reports[2];
};

Together train_together(const ModelConfig& config, const TokenStream& text, const TrainOptions& options,
                        Index stopping_rank = -1, Index stop = 0) {
  Together result;
  const auto thrown = on_ranks(2, [&](const ThreadRanks& ranks) {
    Transformer<float> model(config, 1);
    auto own = options;
    own.on_update = [&](const TrainingProgress& progress) {
      return ranks.rank() != stopping_rank || progress.step != stop;
    };
    result.reports[ranks.rank()] = trainer_of(model, ranks).fit(text, own, &text);
    result.ends[ranks.rank()] = tiny::values(model.parameters());
  });
  for (const auto& error : thrown) {
    if (error) {
      std::rethrow_exception(error);
    }
  }
  return result;
}

/// What each of two ranks throws in a run that `change(ranks, model, options)` has spoilt.
template <class Change>
std::vector<std::string> errors_of(Change&& change) {
  const auto text = tiny::text();
  const auto thrown = on_ranks(2, [&](const ThreadRanks& ranks) {
    Transformer<float> model(tiny::config(), 1);
    auto options = short_run();
    change(ranks, model, options);
    trainer_of(model, ranks).fit(text, options, &text);
  });
  std::vector<std::string> errors;
  for (const auto& error : thrown) {
    try {
      if (error) {
        std::rethrow_exception(error);
      }
      errors.emplace_back("nothing");
    } catch (const Diverged& diverged) {
      errors.push_back(std::string("Diverged: ") + diverged.what());
    } catch (const Error& other) {
      errors.emplace_back(other.what());
    }
  }
  return errors;
}

}  // namespace

TEMPLATE_TEST_CASE("ranks lose what one process with the whole batch loses", "", float, double) {
  using T = TestType;
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-12;
  const Form form = GENERATE(Form::dense, Form::exact_start, Form::truncated, Form::lora);
  const Masked text;
  auto options = short_run();
  options.sequences = 3;
  auto whole = model_of<T>(form);
  const auto expected = Trainer(whole, AdamW<T>({.learning_rate = 1e-2})).fit(text, options, &text);
  options.sequences = 1;
  TrainReport reports[3];
  const auto thrown = on_ranks(3, [&](const ThreadRanks& ranks) {
    auto model = model_of<T>(form);
    reports[ranks.rank()] = trainer_of(model, ranks).fit(text, options, &text);
  });
  CHECK(thrown == std::vector<std::exception_ptr>(3));
  for (const auto& report : reports) {
    REQUIRE(report.losses.size() == expected.losses.size());
    for (std::size_t i = 0; i < report.losses.size(); ++i) {
      CHECK(std::abs(report.losses[i] - expected.losses[i]) <= tolerance * expected.losses[i]);
    }
    REQUIRE(report.validation.size() == 2);
    CHECK(std::abs(report.validation[1].loss - expected.validation[1].loss) <= tolerance * expected.losses[0]);
    CHECK(report.tokens == expected.tokens);
    CHECK(report.losses == reports[0].losses);
  }
}

TEST_CASE("ranks draw dropout masks of their own, the same in every run") {
  const auto text = tiny::text(7, 6);  // one window, the same for all
  auto config = tiny::config();
  auto options = short_run();
  for (const double dropout : {0.0, 0.3}) {
    config.dropout = dropout;
    Transformer<float> alone(config, 1);
    const auto single = Trainer(alone, AdamW<float>()).fit(text, options, &text).losses[0];
    const auto once = train_together(config, text, options);
    const auto twice = train_together(config, text, options);
    CHECK(once.reports[0].losses == twice.reports[1].losses);
    CHECK(once.ends[0] == twice.ends[1]);
    CHECK((std::abs(once.reports[0].losses[0] - single) < 1e-6) == (dropout == 0.0));
  }
}

TEST_CASE("one rank may stop all, and the resumed run equals one that was not stopped") {
  const auto text = tiny::text();
  auto config = tiny::config();
  config.dropout = 0.2;
  auto options = short_run();
  options.restore_best = true;
  const auto expected = train_together(config, text, options);
  CHECK(expected.ends[0] == expected.ends[1]);
  const testing::TemporaryFolder folder;
  options.checkpoint = folder.path() / "run.safetensors";
  const auto part = train_together(config, text, options, 1, 6);
  for (const auto& report : part.reports) {
    CHECK(report.stopped);
    CHECK(report.losses.size() == 6);
  }
  const auto rest = train_together(config, text, options);
  for (const int rank : {0, 1}) {
    CHECK(rest.reports[rank].losses == expected.reports[0].losses);
    CHECK(rest.ends[rank] == expected.ends[0]);
  }
}

TEST_CASE("rank 0 alone writes the checkpoint") {
  const testing::TemporaryFolder folder;
  const auto errors = errors_of([&](const ThreadRanks& ranks, auto&, auto& options) {
    options.checkpoint = folder.path() / (ranks.rank() == 0 ? "run.safetensors" : "missing/run.safetensors");
  });
  CHECK(errors == std::vector<std::string>{"nothing", "nothing"});
  CHECK(folder.file_count() == 1);
}

TEST_CASE("one process goes on from a checkpoint of two ranks with batches of the same size") {
  const auto text = tiny::text();
  auto options = short_run();
  const auto expected = train_together(tiny::config(), text, options).reports[0].losses;
  const testing::TemporaryFolder folder;
  options.checkpoint = folder.path() / "run.safetensors";
  train_together(tiny::config(), text, options, 0, 4);
  options.sequences = 2;
  Transformer<float> model(tiny::config(), 2);
  const auto report = Trainer(model, AdamW<float>({.learning_rate = 1e-2})).fit(text, options, &text);
  REQUIRE(report.losses.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(report.losses[i] == Approx(expected[i]).epsilon(1e-5));
  }
}

TEST_CASE("what one rank cannot train is an error of all ranks") {
  const testing::TemporaryFolder folder;
  const auto spoil = [](auto& model, double value) {
    model.parameters().back()->value(0, 0) = static_cast<float>(value);
  };
  const auto spoilt_after_3 = [&](const ThreadRanks& ranks, auto& model, auto& options, double value) {
    options.on_update = [&model, spoil, value, last = ranks.rank() == 1](const TrainingProgress& progress) {
      if (last && progress.step == 3) {
        spoil(model, value);
      }
      return true;
    };
  };
  struct Case {
    std::vector<std::string> errors;
    const char* expected;
  };
  const Case cases[] = {
      {errors_of([](const ThreadRanks& ranks, auto&, auto& options) {
         options.seed = static_cast<std::uint64_t>(ranks.rank());
       }),
       "different options"},
      {errors_of(
           [&](const ThreadRanks& ranks, auto& model, auto&) { spoil(model, static_cast<double>(ranks.rank())); }),
       "different models"},
      {errors_of([](const ThreadRanks& ranks, auto& model, auto&) {  // in a weight that is no matrix of floats
         const auto weights = model.weights();
         weights[1]->leaves().front()->value(0, 0) = static_cast<float>(ranks.rank());
         keep_in_bf16(weights, {.patterns = {weights[1]->name()}});
       }),
       "different models"},
      {errors_of([&](const ThreadRanks& ranks, auto& model, auto& options) {
         spoilt_after_3(ranks, model, options, std::numeric_limits<double>::quiet_NaN());
       }),
       "Diverged: training diverged: at step 4"},
      {errors_of([&](const ThreadRanks& ranks, auto& model, auto& options) {
         spoilt_after_3(ranks, model, options, 0.5);
         options.checkpoint = folder.path() / "run.safetensors";
         options.checkpoint_seconds = 0.0;
       }),
       "after step 3 the ranks have different weights"},
      {errors_of([&](const ThreadRanks& ranks, auto&, auto& options) {  // there is a checkpoint now, for rank 0
         options.checkpoint = folder.path() / (ranks.rank() == 0 ? "run.safetensors" : "none/run.safetensors");
       }),
       "where all ranks can read it"},
  };
  for (const auto& [errors, expected] : cases) {
    for (const auto& error : errors) {
      CHECK_THAT(error, ContainsSubstring(expected));
    }
  }
}
