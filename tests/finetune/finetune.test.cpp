// SPDX-License-Identifier: MIT
/// @file
/// Fine-tuning by the front door: every method learns, is stored, goes on, and leaves the model right.
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/transformer.hpp>

#include <chrono>
#include <fstream>
#include <limits>

#include "finetune/chat_model.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

namespace {

Dataset tiny_dataset(const LanguageModel& model) {
  return model.dataset(chat_records(), {.validation_share = 0.2, .context = 64});
}

/// Methods with a rate at which the tiny model learns in 30 steps.
std::vector<FinetuneOptions> runs() {
  std::vector<FinetuneOptions> all{quick(Scores{.rank = 3}), quick(Scores{.rank = 3, .basis = "random"}),
                                   quick(Scores{.rank = 8, .form = ScoreForm::truncated}),
                                   quick(Lora{.rank = 2, .alpha = 4.0}), quick(Full{})};
  all.back().learning_rate = 5e-3;
  return all;
}

}  // namespace

TEST_CASE("every method learns, and what is left is worth what the result says", "[finetune]") {
  for (const auto& options : runs()) {
    auto model = LanguageModel::load(chat_folder());
    const Dataset data = tiny_dataset(model);
    INFO(method_name(options.method));
    const double untouched = model.evaluate(data, {.sequences = 1}).loss;
    const auto run = finetune(model, data, options);
    REQUIRE(run.validation_before);
    REQUIRE(run.validation_after);
    CHECK(*run.validation_before == untouched);
    CHECK(*run.validation_after < 0.9 * untouched);
    CHECK(run.losses.size() == 30);
    CHECK(run.steps == 30);
    CHECK(run.trained > 0);
    CHECK(run.memory.total() > 0);
    CHECK_FALSE(run.stopped);
    CHECK(model.evaluate(data, {.sequences = 1}).loss == *run.validation_after);
    const bool full = std::holds_alternative<Full>(options.method);
    CHECK(run.adapter.empty() == full);
    if (!full) {
      CHECK(run.adapter.method() == method_name(options.method));
      CHECK(run.adapter.chat_template() == "chatml");
    }
  }
}

TEST_CASE("an adapter that is saved and loaded is the one that was measured", "[finetune]") {
  for (const auto& options : runs()) {
    if (std::holds_alternative<Full>(options.method)) {
      continue;
    }
    INFO(method_name(options.method));
    const TemporaryFolder folder;
    auto model = LanguageModel::load(chat_folder());
    const Dataset data = tiny_dataset(model);
    const auto run = finetune(model, data, options);
    run.adapter.save(folder.path() / "adapter");
    model.detach();
    CHECK(model.adapter().empty());
    CHECK(model.evaluate(data, {.sequences = 1}).loss == *run.validation_before);

    auto fresh = LanguageModel::load(chat_folder());
    fresh.attach(folder.path() / "adapter");
    CHECK(fresh.evaluate(data, {.sequences = 1}).loss == *run.validation_after);
    fresh.attach(run.adapter);  // in place of the one before
    CHECK(fresh.evaluate(data, {.sequences = 1}).loss == *run.validation_after);
  }
}

TEST_CASE("a fully trained model is saved as a folder, gains and all", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  auto options = runs().back();
  options.output = folder.path() / "whole";
  const auto run = finetune(model, data, options);
  CHECK_THROWS_WITH(run.adapter.save(folder.path() / "x"), ContainsSubstring("LanguageModel::save"));
  const auto loaded = LanguageModel::load(folder.path() / "whole");
  CHECK(loaded.evaluate(data, {.sequences = 1}).loss == Approx(*run.validation_after).epsilon(2e-2));
  model.save(folder.path() / "exact", DType::f32);
  CHECK(LanguageModel::load(folder.path() / "exact").evaluate(data, {.sequences = 1}).loss == *run.validation_after);
}

TEST_CASE("a merged model is worth what the adapter is", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  const auto run = finetune(model, data, quick(Lora{.rank = 2}));
  model.save(folder.path() / "merged", DType::f32);
  CHECK(LanguageModel::load(folder.path() / "merged").evaluate(data, {.sequences = 1}).loss ==
        Approx(*run.validation_after).epsilon(1e-5));
}

TEST_CASE("a run that is stopped goes on from its checkpoint to the same numbers", "[finetune]") {
  for (auto options : runs()) {
    INFO(method_name(options.method));
    const TemporaryFolder folder;
    auto whole = LanguageModel::load(chat_folder());
    const Dataset data = tiny_dataset(whole);
    const auto expected = finetune(whole, data, options);

    options.checkpoint = folder.path() / "run.ckpt";
    options.metrics = folder.path() / "run.jsonl";
    options.output = folder.path() / "out";
    auto stopping = options;
    stopping.on_update = [](const TrainingProgress& progress) { return progress.step < 11; };
    auto first = LanguageModel::load(chat_folder());
    const auto stopped = finetune(first, data, stopping);
    CHECK(stopped.stopped);
    CHECK(std::filesystem::exists(options.checkpoint));
    CHECK_FALSE(std::filesystem::exists(options.output));

    auto second = LanguageModel::load(chat_folder());
    const auto plan = plan_finetune(second, data, options);
    CHECK(plan.goes_on_from == 11);
    CHECK(second.adapter().empty());
    const auto resumed = finetune(second, data, options);
    CHECK(resumed.losses == expected.losses);
    CHECK(resumed.validation_after == expected.validation_after);
    CHECK_FALSE(std::filesystem::exists(options.checkpoint));
    CHECK(std::filesystem::exists(options.output));
    std::ifstream lines(options.metrics);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
      ++count;
    }
    CHECK(count == 30);
  }
}

TEST_CASE("a checkpoint of another method, other targets or other records is refused", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  auto options = quick(Scores{.rank = 3, .basis = "random"});
  options.checkpoint = folder.path() / "run.ckpt";
  static_cast<void>(finetune(model, data, options));
  model.detach();
  const auto refused = [&](FinetuneOptions other, const Dataset& records) {
    other.checkpoint = options.checkpoint;
    CHECK_THROWS_AS(finetune(model, records, other), Error);
    CHECK(model.adapter().empty());
  };
  refused(quick(Lora{}), data);
  refused(quick(Scores{.rank = 3, .basis = "random", .targets = {"*.q.weight"}}), data);
  refused(options, model.dataset(chat_records(39), {.validation_share = 0.2, .context = 64}));
  options.restart = true;
  static_cast<void>(finetune(model, data, options));
}

TEST_CASE("an adapter can be trained further", "[finetune]") {
  for (const Method& method : {Method(Scores{.rank = 3}), Method(Lora{.rank = 2})}) {
    auto model = LanguageModel::load(chat_folder());
    const Dataset data = tiny_dataset(model);
    const auto first = finetune(model, data, quick(method, 10));
    CHECK_THROWS_WITH(finetune(model, data, quick(method)), ContainsSubstring("continue_adapter"));
    auto options = quick(method, 20);
    options.continue_adapter = true;
    options.learning_rate = 0.01;
    const auto second = finetune(model, data, options);
    CHECK(*second.validation_before == *first.validation_after);
    CHECK(*second.validation_after < *first.validation_after);
    CHECK(second.adapter.size() == first.adapter.size());
    model.detach();
    CHECK_THROWS_AS(finetune(model, data, options), Error);
  }
}

TEST_CASE("divergence is told, with the best numbers where there are any", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  auto options = quick(Scores{.rank = 3, .basis = "random"}, 60);
  options.learning_rate = 1e30;
  options.clip_norm = 0.0;
  options.evaluate_every = 1;
  options.warmup = 0.0;
  try {
    static_cast<void>(finetune(model, data, options));
    FAIL("it did not diverge");
  } catch (const FinetuneDiverged& error) {
    if (error.best() != nullptr) {
      CHECK(model.evaluate(data, {.sequences = 1}).loss == *error.best()->validation_after);
    } else {
      CHECK(model.adapter().empty());
    }
    CHECK_THAT(error.what(), ContainsSubstring("learning_rate"));
  }
}

TEST_CASE("a NaN in the base is named by weight before anything is trained", "[finetune]") {
  auto model = LanguageModel::load(chat_folder(), {.storage = WeightStorage::dense});
  const Dataset data = tiny_dataset(model);
  find_weight(model.transformer().weights(), "blocks.0.mlp.up.weight").own_parameter()->value(3, 1) =
      std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(model.evaluate(data), ContainsSubstring("blocks.0.mlp.up.weight"));
  CHECK_THROWS_WITH(model.chat("what is it"), ContainsSubstring("blocks.0.mlp.up.weight"));
  CHECK_THROWS_WITH(finetune(model, data, quick(Scores{})),
                    ContainsSubstring("blocks.0.mlp.up.weight") && ContainsSubstring("row 3"));
}

TEST_CASE("what cannot be is refused by name, and leaves the model as it was", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  const auto refused = [&](const FinetuneOptions& options, const std::string& word) {
    INFO(word);
    CHECK_THROWS_WITH(finetune(model, data, options), ContainsSubstring(word));
    CHECK(model.adapter().empty());
  };
  refused(quick(Scores{.rank = 0}), "rank");
  refused(quick(Scores{.rank = 10'000}), "rank");
  refused(quick(Scores{.targets = {}}), "targets");
  refused(quick(Scores{.targets = {"nothing"}}), "nothing");
  refused(quick(Scores{.basis = "no such file"}), "no such file");
  refused(quick(Scores{.stored = DType::f16}), "BF16");
  refused(quick(Lora{.rank = 1000}), "rank");
  refused(quick(Lora{.alpha = std::numeric_limits<double>::quiet_NaN()}), "alpha");
  auto options = quick(Scores{});
  options.learning_rate = -1.0;
  refused(options, "learning_rate");
  options = quick(Scores{});
  options.warmup = 2.0;
  refused(options, "warmup");
  options = quick(Scores{});
  options.checkpoint = options.metrics = folder.path() / "same";
  refused(options, "are one");
  options = quick(Scores{});
  options.patience = 1;
  CHECK_THROWS_WITH(finetune(model, model.dataset(chat_records(), {.validation_share = 0.0, .context = 64}), options),
                    ContainsSubstring("patience"));
  auto other = LanguageModel::load(chat_folder(), {.chat_template = "plain"});
  CHECK_THROWS_WITH(finetune(other, data, quick(Scores{})), ContainsSubstring("template"));
}

TEST_CASE("two runs do not share files", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  auto another = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  auto options = quick(Scores{.basis = "random"}, 3);
  options.checkpoint = folder.path() / "run.ckpt";
  int refused = 0;
  options.on_update = [&](const TrainingProgress&) {
    auto second = options;
    second.on_update = nullptr;
    CHECK_THROWS_WITH(finetune(another, data, second), ContainsSubstring("another program is at work"));
    ++refused;
    return true;
  };
  static_cast<void>(finetune(model, data, options));
  CHECK(refused == 3);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run.ckpt.lock"));
}

TEST_CASE("a model's file that changes during a run is an error, not an adapter", "[finetune]") {
  const TemporaryFolder folder;
  const auto copy = folder.path() / "model";
  std::filesystem::copy(chat_folder(), copy);
  auto model = LanguageModel::load(copy);
  const Dataset data = tiny_dataset(model);
  auto options = quick(Scores{.basis = "random"}, 3);
  options.output = folder.path() / "adapter.safetensors";
  options.on_update = [&](const TrainingProgress& progress) {
    if (progress.step == 2) {
      const auto file = copy / "model.safetensors";
      std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) + std::chrono::seconds(5));
    }
    return true;
  };
  CHECK_THROWS_WITH(finetune(model, data, options), ContainsSubstring("model.safetensors"));
  CHECK_FALSE(std::filesystem::exists(options.output));
  CHECK(model.adapter().empty());
}

TEST_CASE("full fine-tuning trains all numbers, also after an adapter was taken off", "[finetune]") {
  auto model = LanguageModel::load(chat_folder(), {.storage = WeightStorage::dense});
  const Dataset data = tiny_dataset(model);
  const double untouched = model.evaluate(data, {.sequences = 1}).loss;
  static_cast<void>(plan_finetune(model, data, quick(Scores{.rank = 8, .form = ScoreForm::truncated})));
  static_cast<void>(finetune(model, data, quick(Lora{.rank = 2, .targets = {"head"}}, 3)));
  model.detach();
  CHECK(model.evaluate(data, {.sequences = 1}).loss == untouched);
  const auto weights = model.transformer().weights();
  CHECK(find_weight(weights, "lm_head.weight").is_tied_to(find_weight(weights, "token_embedding.weight")) ==
        model.config().tied_head);
  const auto run = finetune(model, data, quick(Full{}, 2));
  CHECK(run.trained == plan_finetune(model, data, quick(Full{}, 2)).trained);
}

TEST_CASE("an adapter may be attached again, and one of the truncated form trained further", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  const auto run = finetune(model, data, quick(Scores{.rank = 8, .form = ScoreForm::truncated}, 5));
  model.attach(model.adapter());
  CHECK(model.evaluate(data, {.sequences = 1}).loss == *run.validation_after);
  auto options = quick(Scores{.form = ScoreForm::truncated}, 5);
  options.continue_adapter = true;
  const auto further = finetune(model, data, options);
  CHECK(further.trained == run.trained);
  model.detach();
  CHECK(model.evaluate(data, {.sequences = 1}).loss == *run.validation_before);
}

TEST_CASE("a result that cannot be saved is not lost", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  auto options = quick(Scores{.basis = "random"}, 3);
  options.output = folder.path() / "adapter.safetensors";
  options.on_update = [&](const TrainingProgress& progress) {
    if (progress.step == 3) {
      std::filesystem::create_directories(options.output);  // in the way
    }
    return true;
  };
  CHECK_THROWS_WITH(finetune(model, data, options), ContainsSubstring("adapter.safetensors"));
  REQUIRE_FALSE(model.adapter().empty());
  model.adapter().save(folder.path() / "elsewhere.safetensors");
}

TEST_CASE("a full fine-tuning that diverges without validation leaves the model as it was", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = model.dataset(chat_records(), {.validation_share = 0.0, .context = 64});
  const double untouched = model.evaluate(data, {.sequences = 1}).loss;
  auto options = quick(Full{}, 40);
  options.learning_rate = 1e30;
  options.clip_norm = 0.0;
  options.warmup = 0.0;
  CHECK_THROWS_AS(finetune(model, data, options), FinetuneDiverged);
  CHECK(model.evaluate(data, {.sequences = 1}).loss == untouched);
}

TEST_CASE("a run that is stopped in its first validation says so, and nothing else", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = tiny_dataset(model);
  auto options = quick(Scores{.basis = "random"}, 3);
  options.on_validation = [](Index, Index) { return false; };
  const auto run = finetune(model, data, options);
  CHECK(run.stopped);
  CHECK_FALSE(run.validation_before.has_value());
  CHECK(model.adapter().empty());
}

TEST_CASE("a run does not write over what it reads, and refuses options without effect", "[finetune]") {
  const TemporaryFolder folder;
  std::filesystem::copy(chat_folder(), folder.path() / "model");
  auto model = LanguageModel::load(folder.path() / "model");
  const Dataset data = tiny_dataset(model);
  auto options = quick(Lora{}, 3);
  options.output = folder.path() / "model";
  CHECK_THROWS_WITH(finetune(model, data, options), ContainsSubstring("overwrite"));
  options = quick(Scores{}, 3);
  options.output = folder.path() / "model" / "model.safetensors";
  CHECK_THROWS_WITH(finetune(model, data, options), ContainsSubstring("overwrite"));
  options = quick(Scores{}, 3);
  options.restart = true;
  CHECK_THROWS_WITH(finetune(model, data, options), ContainsSubstring("restart"));
  options = quick(Scores{}, 3);
  options.evaluate_every = 2;
  const Dataset unvalidated = model.dataset(chat_records(), {.validation_share = 0.0, .context = 64});
  CHECK_THROWS_WITH(finetune(model, unvalidated, options), ContainsSubstring("evaluate_every"));
  CHECK_THROWS_WITH(model.save(folder.path() / "model"), ContainsSubstring("folder of its own"));
  const auto run = finetune(model, data, quick(Lora{}, 2));
  run.adapter.save(folder.path() / "peft");
  CHECK_THROWS_WITH(model.save(folder.path() / "peft"), ContainsSubstring("adapter_config.json"));
  model.save(folder.path() / "merged");
  CHECK_THROWS_WITH(run.adapter.save(folder.path() / "merged"), ContainsSubstring("config.json"));
}
