// SPDX-License-Identifier: MIT
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/sgd.hpp>
#include <ampsft/train/trainer.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

namespace {

using Model = Transformer<float>;

TrainOptions short_run() {
  TrainOptions options;
  options.steps = 12;
  options.sequences = 2;
  options.evaluate_every = 4;
  options.seed = 5;
  return options;
}

Trainer<Model, AdamW<float>> trainer_of(Model& model) {
  return {model, AdamW<float>({.learning_rate = 1e-2})};
}

}  // namespace

TEST_CASE("training lowers the loss, reports every update and repeats bit for bit") {
  const auto text = tiny::text();
  TrainReport reports[2];
  std::vector<float> ends[2];
  for (int i = 0; i < 2; ++i) {
    Model model(tiny::config(), 1);
    Index calls = 0;
    auto options = short_run();
    options.on_update = [&](const TrainingProgress& progress) {
      CHECK(progress.step == ++calls);
      CHECK(progress.validation_loss.has_value() == (calls % 4 == 0));
      return true;
    };
    reports[i] = trainer_of(model).fit(text, options, &text);
    ends[i] = tiny::values(model.parameters());
    CHECK(calls == 12);
  }
  CHECK(reports[0].losses == reports[1].losses);
  CHECK(ends[0] == ends[1]);
  CHECK(reports[0].losses.back() < reports[0].losses.front());
  REQUIRE(reports[0].validation.size() == 3);
  CHECK(reports[0].validation.back().step == 12);
  CHECK(reports[0].tokens == 12 * 2 * 6);
}

TEST_CASE("a run that is stopped and resumed equals one that was not, dropout and best weights included") {
  const auto text = tiny::text();
  auto config = tiny::config();
  config.dropout = 0.2;
  auto options = short_run();
  options.restore_best = true;
  Model whole(config, 1);
  const auto expected = trainer_of(whole).fit(text, options, &text);

  const testing::TemporaryFolder folder;
  options.checkpoint = folder.path() / "run.safetensors";
  for (const Index stop : {5, 9, 100}) {
    Model model(config, 2);  // other weights: all must come from the checkpoint, but for the first session
    if (stop == 5) {
      model = Model(config, 1);
    }
    options.on_update = [&](const TrainingProgress& progress) { return progress.step != stop; };
    const auto report = trainer_of(model).fit(text, options, &text);
    CHECK(report.stopped == (stop != 100));
    if (stop == 100) {
      CHECK(report.losses == expected.losses);
      CHECK(tiny::values(model.parameters()) == tiny::values(whole.parameters()));
    }
  }
  // A finished run is only read.
  Model again(config, 3);
  CHECK(trainer_of(again).fit(text, options, &text).losses == expected.losses);
  CHECK(tiny::values(again.parameters()) == tiny::values(whole.parameters()));
}

TEST_CASE("accumulation over two batches is one batch of both") {
  // SGD without momentum: the update is the gradient itself.
  const auto text = tiny::text();
  std::vector<float> ends[2];
  for (int i = 0; i < 2; ++i) {
    Model model(tiny::config(), 1);
    TrainOptions options;
    options.steps = 3;
    options.sequences = i == 0 ? 4 : 2;
    options.accumulation = i == 0 ? 1 : 2;
    options.clip_norm = 0.0;
    Trainer trainer(model, Sgd<float>({.learning_rate = 0.1, .momentum = 0.0}));
    trainer.fit(text, options);
    ends[i] = tiny::values(model.parameters());
  }
  for (std::size_t i = 0; i < ends[0].size(); ++i) {
    CHECK(std::abs(ends[0][i] - ends[1][i]) < 1e-5F);
  }
}

TEST_CASE("patience ends a run, and the best weights come back") {
  const auto text = tiny::text();
  Model model(tiny::config(), 1);
  auto options = short_run();
  options.steps = 400;
  options.evaluate_every = 1;
  options.patience = 3;
  options.restore_best = true;
  Trainer trainer(model, AdamW<float>({.learning_rate = 0.5}));  // far too high: the loss goes up and down
  const auto report = trainer.fit(text, options, &text);
  REQUIRE(report.losses.size() < 400);
  double best = std::numeric_limits<double>::infinity();
  for (const auto& point : report.validation) {
    best = std::min(best, point.loss);
  }
  CHECK(report.validation.back().loss > best);
  CHECK(evaluate(model, text, options.evaluation).loss == Approx(best));
}

TEST_CASE("a loss that is no number stops the training and names the last good checkpoint") {
  const auto text = tiny::text();
  const testing::TemporaryFolder folder;
  Model model(tiny::config(), 1);
  auto options = short_run();
  options.checkpoint = folder.path() / "run.safetensors";
  options.checkpoint_seconds = 0.0;
  options.on_update = [&](const TrainingProgress& progress) {
    if (progress.step == 3) {
      model.parameters().back()->value(0, 0) = std::numeric_limits<float>::quiet_NaN();
    }
    return true;
  };
  // The step that meets the NaN is named; the checkpoint after step 3 would have held it, so there was none.
  CHECK_THROWS_WITH(trainer_of(model).fit(text, options),
                    ContainsSubstring("at step 4") && ContainsSubstring("run.safetensors\" of step 2"));
  Model resumed(tiny::config(), 1);
  options.on_update = nullptr;
  CHECK(trainer_of(resumed).fit(text, options).losses.size() == 12);
}

TEST_CASE("a run that is stopped in the middle of an evaluation goes on with it, and equals one that was not") {
  const auto text = tiny::text();
  auto options = short_run();
  options.restore_best = true;
  options.patience = 3;
  options.evaluation.sequences = 3;  // the text has 13 windows, so an evaluation has 5 batches
  std::vector<double> norms;
  const auto note_norms = [&](const TrainingProgress& progress) {
    norms.push_back(progress.gradient_norm);
    CHECK(progress.validation_loss.has_value() == (progress.step % 4 == 0));
    CHECK(std::isfinite(progress.tokens_per_second));
    CHECK(progress.step == static_cast<Index>(norms.size()));
    return true;
  };
  options.on_update = note_norms;
  Model whole(tiny::config(), 1);
  const auto expected = trainer_of(whole).fit(text, options, &text);
  const auto expected_norms = norms;
  norms.clear();

  const testing::TemporaryFolder folder;
  options.checkpoint = folder.path() / "run.safetensors";
  struct Stop {
    int batch;                // of the session's evaluations
    std::size_t evaluations;  // that the run has then
    std::size_t updates;
  };
  // In the first evaluation, in it again, in the second, in the one after the last update; the last session runs on.
  for (const Stop& stop : {Stop{1, 0, 4}, Stop{2, 0, 4}, Stop{9, 1, 8}, Stop{7, 2, 12}, Stop{0, 3, 12}}) {
    CAPTURE(stop.batch);
    int batches = 0;
    options.evaluation.on_batch = [&](Index, Index) { return ++batches != stop.batch; };
    Model model(tiny::config(), stop.updates == 4 && stop.batch == 1 ? 1 : 2);
    const auto report = trainer_of(model).fit(text, options, &text);
    CHECK(report.stopped == (stop.batch != 0));
    CHECK(report.losses.size() == stop.updates);
    CHECK(report.validation.size() == stop.evaluations);
    if (stop.batch != 0) {
      CHECK(batches == stop.batch);  // not one more
    } else {
      CHECK(report.losses == expected.losses);
      CHECK(norms == expected_norms);
      CHECK(tiny::values(model.parameters()) == tiny::values(whole.parameters()));
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(report.validation[i].step == expected.validation[i].step);
        CHECK(report.validation[i].loss == expected.validation[i].loss);
      }
    }
  }
  // The checkpoint of the end holds the last evaluation: nothing is measured again.
  options.evaluation.on_batch = [](Index, Index) -> bool { throw Error("measured again"); };
  Model again(tiny::config(), 3);
  CHECK(trainer_of(again).fit(text, options, &text).validation.size() == 3);
}

TEST_CASE("a run that diverges ends with its best weights, and says what happened and which they are") {
  const auto text = tiny::text();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto run = [&](TrainOptions options, Model& model, Index break_after, std::vector<std::vector<float>>& seen) {
    options.on_update = [&, break_after](const TrainingProgress& progress) {
      if (progress.validation_loss) {
        seen.push_back(tiny::values(model.parameters()));
      }
      if (progress.step == break_after) {
        model.parameters().back()->value(0, 0) = nan;
      }
      return true;
    };
    std::optional<Diverged> diverged;
    try {
      Trainer(model, AdamW<float>({.learning_rate = 0.3})).fit(text, options, &text);
    } catch (const Diverged& error) {
      diverged = error;
    }
    REQUIRE(diverged);
    return *diverged;
  };
  auto options = short_run();
  options.evaluate_every = 2;
  options.restore_best = true;
  for (const Index break_after : {7, 8, 12}) {  // met by an update, by an update after an evaluation, by the end
    CAPTURE(break_after);
    Model model(tiny::config(), 1);
    std::vector<std::vector<float>> seen;
    const Diverged diverged = run(options, model, break_after, seen);
    const auto& report = diverged.report();
    REQUIRE(report.validation.size() == seen.size());
    REQUIRE(seen.size() >= 3);
    std::size_t best = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      best = report.validation[i].loss < report.validation[best].loss ? i : best;
    }
    REQUIRE(diverged.restored());
    CHECK(diverged.restored()->step == report.validation[best].step);
    CHECK(diverged.restored()->loss == report.validation[best].loss);
    CHECK(tiny::values(model.parameters()) == seen[best]);
    CHECK(report.losses.size() == static_cast<std::size_t>(break_after));
    CHECK(report.tokens == break_after * 2 * 6);
    const std::string step =
        concat(break_after == 12 ? "after step " : "at step ", break_after == 12 ? 12 : break_after + 1);
    CHECK_THAT(diverged.reason(), ContainsSubstring(step));
    CHECK_THAT(diverged.what(),
               ContainsSubstring(diverged.reason()) && ContainsSubstring("learning rate") &&
                   ContainsSubstring(concat("best weights again, those of step ", diverged.restored()->step)));
  }
  // Without an evaluation before, and where the best are not wanted, there is nothing to go back to.
  for (const bool wanted : {true, false}) {
    Model model(tiny::config(), 1);
    std::vector<std::vector<float>> seen;
    options.restore_best = wanted;
    const Diverged diverged = run(options, model, wanted ? 1 : 7, seen);
    CHECK_FALSE(diverged.restored());
    CHECK(std::isnan(model.parameters().back()->value(0, 0)));
  }
}

TEST_CASE("preparing a run refuses what the run refuses, and says where it would go on") {
  const auto text = tiny::text();
  const testing::TemporaryFolder folder;
  auto options = short_run();
  options.checkpoint = folder.path() / "run.safetensors";
  options.on_update = [](const TrainingProgress& progress) { return progress.step != 5; };
  Model model(tiny::config(), 1);
  CHECK(trainer_of(model).prepare(text, options, &text) == 0);
  CHECK_FALSE(std::filesystem::exists(options.checkpoint));
  trainer_of(model).fit(text, options, &text);
  Model other(tiny::config(), 2);
  CHECK(trainer_of(other).prepare(text, options, &text) == 5);
  CHECK(tiny::values(other.parameters()) == tiny::values(model.parameters()));
  auto wrong = options;
  wrong.identity = "another text";
  CHECK_THROWS_WITH(trainer_of(other).prepare(text, wrong, &text), ContainsSubstring("another run"));
  wrong = options;
  wrong.steps = 0;
  CHECK_THROWS_WITH(trainer_of(other).prepare(text, wrong, &text), ContainsSubstring("steps"));
}

TEST_CASE("a second run of the same trainer writes its own checkpoint") {
  const auto text = tiny::text();
  const testing::TemporaryFolder folder;
  Model model(tiny::config(), 1);
  auto trainer = trainer_of(model);
  auto options = short_run();
  for (const char* name : {"one.safetensors", "two.safetensors"}) {
    options.checkpoint = folder.path() / name;
    trainer.fit(text, options);
    CHECK(std::filesystem::exists(options.checkpoint));
  }
}

TEST_CASE("weights that the last update made infinite are no good end") {
  const auto text = tiny::text();
  const testing::TemporaryFolder folder;
  Model model(tiny::config(), 1);
  auto options = short_run();
  options.evaluate_every = 0;
  options.checkpoint = folder.path() / "run.safetensors";
  options.on_update = [&](const TrainingProgress& progress) {
    if (progress.step == options.steps) {
      model.parameters().back()->value(0, 0) = std::numeric_limits<float>::infinity();
    }
    return true;
  };
  CHECK_THROWS_AS(trainer_of(model).fit(text, options), Diverged);
  CHECK_FALSE(std::filesystem::exists(options.checkpoint));
}

TEST_CASE("impossible training options are refused") {
  const auto text = tiny::text();
  Model model(tiny::config(), 1);
  const auto with = [&](auto change) {
    auto options = short_run();
    change(options);
    return [&model, &text, options] { trainer_of(model).fit(text, options); };
  };
  CHECK_THROWS_WITH(with([](auto& o) { o.steps = 0; })(), ContainsSubstring("steps"));
  CHECK_THROWS_WITH(with([](auto& o) { o.sequences = 0; })(), ContainsSubstring("sequence"));
  CHECK_THROWS_WITH(with([](auto& o) { o.accumulation = 0; })(), ContainsSubstring("accumulation"));
  CHECK_THROWS_WITH(with([](auto& o) { o.patience = 2; })(), ContainsSubstring("validation"));
  for (auto* parameter : model.parameters()) {
    parameter->trainable = false;
  }
  CHECK_THROWS_WITH(with([](auto&) {})(), ContainsSubstring("trainable"));
}
