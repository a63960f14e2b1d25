// SPDX-License-Identifier: MIT
/// @file
/// Adapters of a language model: evaluated together, merged, summed, projected.
#include <ampsft/model/transformer.hpp>

#include <atomic>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "finetune/chat_model.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

namespace {

/// A model, records, and what some methods make of them.
struct Tuned {
  LanguageModel model = LanguageModel::load(chat_folder());
  Dataset data = model.dataset(chat_records(), {.context = 64});

  Adapter train(Method method, std::uint64_t seed = 0) {
    auto options = quick(std::move(method), 4);
    options.seed = seed;
    const auto run = finetune(model, data, options);
    model.detach();
    return run.adapter;
  }

  double loss_with(const Adapter& adapter) {
    model.attach(adapter);
    const double loss = model.evaluate(data).loss;
    model.detach();
    return loss;
  }

  EigenMatrix<float> change(const Adapter& adapter, std::size_t weight) {
    const Matrix<float> before = model.transformer().weights()[weight]->materialize();
    model.attach(adapter);
    const Matrix<float> after = model.transformer().weights()[weight]->materialize();
    model.detach();
    return map(after) - map(before);
  }
};

}  // namespace

TEST_CASE("adapters are evaluated in few passes, each as by itself", "[finetune]") {
  Tuned tuned;
  const std::vector<Adapter> adapters{
      tuned.train(Scores{.rank = 3, .basis = "random"}), tuned.train(Lora{.rank = 2}),
      tuned.train(Scores{.rank = 3, .basis = "random", .targets = {"*.mlp.*"}}),  // over the first one's bases
      tuned.train(Scores{.rank = 4, .basis = "weights"}), tuned.train(Scores{.rank = 5, .form = ScoreForm::truncated})};
  const double base = tuned.model.evaluate(tuned.data).loss;
  tuned.model.attach(adapters[1]);
  tuned.model.merge();
  const double merged = tuned.model.evaluate(tuned.data).loss;
  std::vector<Index> seen;
  Index rows = 0;
  const auto losses =
      tuned.model.evaluate_adapters(tuned.data, adapters, {.sequences = 1, .on_batch = [&](Index done, Index all) {
                                                             seen.push_back(done);
                                                             rows = all;
                                                             return true;
                                                           }});
  REQUIRE(losses.size() == 6);
  CHECK(std::abs(losses[0].loss - base) < 1e-5);
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    INFO(i);
    CHECK(std::abs(losses[i + 1].loss - tuned.loss_with(adapters[i])) < 1e-5);
    CHECK(std::abs(losses[i + 1].loss - base) > 1e-4);
    CHECK(losses[i + 1].tokens == losses[0].tokens);
  }
  const Index windows = tuned.data.validation()->window_count();
  CHECK(rows == 4 * windows);  // base and two adapters, LoRA, other bases, truncated
  CHECK(static_cast<Index>(seen.size()) == rows);
  CHECK(seen.back() == rows);

  tuned.model.attach(adapters[1]);
  tuned.model.merge();
  const auto stopped =
      tuned.model.evaluate_adapters(tuned.data, adapters, {.on_batch = [](Index, Index) { return false; }});
  CHECK_FALSE(stopped.front().stopped);  // one batch is all of it
  CHECK(stopped[2].stopped);
  CHECK(std::isnan(stopped[2].loss));
  CHECK(tuned.model.adapter().method() == "lora");
  CHECK(tuned.model.evaluate(tuned.data).loss == merged);
  CHECK(tuned.model.evaluate_adapters(tuned.data, {}).size() == 1);
}

TEST_CASE("a merged adapter computes the same and comes off exactly", "[finetune]") {
  Tuned tuned;
  const double base = tuned.model.evaluate(tuned.data).loss;
  const std::string hash = tuned.model.base_hash();
  for (const Method& method :
       {Method(Scores{.rank = 3}), Method(Lora{.rank = 2}), Method(Scores{.rank = 4, .form = ScoreForm::truncated})}) {
    const Adapter adapter = tuned.train(method);
    tuned.model.attach(adapter);
    const double loss = tuned.model.evaluate(tuned.data).loss;
    tuned.model.merge();
    tuned.model.merge();  // nothing more happens
    for (const auto* weight : tuned.model.transformer().weights()) {
      CHECK_FALSE(weight->is_adapted());
    }
    CHECK(std::abs(tuned.model.evaluate(tuned.data).loss - loss) < 1e-5);
    CHECK(tuned.model.base_hash() == hash);
    tuned.model.detach();
    CHECK(tuned.model.evaluate(tuned.data).loss == base);
  }
  tuned.model.merge();
  CHECK(tuned.model.adapter().empty());
  tuned.model.attach(tuned.train(Lora{.rank = 2}));
  tuned.model.merge();
  auto options = quick(Lora{.rank = 2}, 2);
  options.continue_adapter = true;
  CHECK(finetune(tuned.model, tuned.data, options).trained > 0);
}

TEST_CASE("sums of adapters change the weights by the sum of the changes", "[finetune]") {
  Tuned tuned;
  const Adapter scores = tuned.train(Scores{.rank = 3, .basis = "random"});
  const Adapter more = tuned.train(Scores{.rank = 3, .basis = "random"}, 0);
  const Adapter lora = tuned.train(Lora{.rank = 2});
  const auto names = tuned.model.transformer().weights();
  std::size_t weight = 0;
  while (names[weight]->name() != scores.weights().front()) {
    ++weight;
  }
  const auto distance = [&](const Adapter& sum, const EigenMatrix<float>& expected) {
    return (tuned.change(sum, weight) - expected).cwiseAbs().maxCoeff();
  };
  const Adapter same_bases = weighted_sum({{scores, 0.5}, {more, 2.0}});
  CHECK(same_bases.method() == "scores");
  CHECK(distance(same_bases, 0.5F * tuned.change(scores, weight) + 2.0F * tuned.change(more, weight)) < 1e-5F);
  const Adapter mixed = weighted_sum({{scores, 0.5}, {lora, -1.0}});
  CHECK(mixed.method() == "lora");
  CHECK(distance(mixed, 0.5F * tuned.change(scores, weight) - tuned.change(lora, weight)) < 1e-5F);
  CHECK(mixed.chat_template() == "chatml");
  CHECK(weighted_sum({{lora, 1.0}}).training() == lora.training());
  CHECK_THROWS_WITH(weighted_sum({{scores, 1.0}, {Adapter(), 1.0}}), ContainsSubstring("empty"));
  CHECK_THROWS_AS(weighted_sum({}), Error);
  const Adapter other = tuned.train(Scores{.rank = 3, .basis = "weights"});
  CHECK_THROWS_WITH(weighted_sum({{scores, 1.0}, {other, 1.0}}), ContainsSubstring("different bases"));
}

TEST_CASE("LoRA becomes scores over given or fitted bases, which say what they miss", "[finetune]") {
  const TemporaryFolder folder;
  Tuned tuned;
  const Adapter scores = tuned.train(Scores{.rank = 3, .basis = "random", .stored = DType::f32});
  scores.save(folder.path() / "scores.safetensors");
  scores.export_peft(folder.path() / "peft", DType::f32, "some/model");
  const Adapter lora = tuned.model.load_adapter(folder.path() / "peft");
  CHECK(lora.method() == "lora");
  CHECK(lora.chat_template() == "chatml");
  const auto back = tuned.model.project(lora, {.basis = folder.path() / "scores.safetensors"});
  CHECK(back.adapter.method() == "scores");
  CHECK(back.adapter.chat_template() == "chatml");
  CHECK(back.total.share() < 1e-6);
  CHECK(std::abs(tuned.loss_with(back.adapter) - tuned.loss_with(scores)) < 1e-5);
  std::atomic<Index> read = 0;
  const auto fitted = tuned.model.project(lora, {.rank = 2, .on_rows = [&](Index done, Index) { read = done; }});
  CHECK(fitted.total.share() > 0.01);
  CHECK(fitted.energies.size() == lora.weights().size());
  CHECK(read > 0);
  tuned.model.attach(lora);
  CHECK_THROWS_WITH(tuned.model.project(lora), ContainsSubstring("detach"));
}

TEST_CASE("an adapter is read for its model alone, and a model is saved after a folder that is named", "[finetune]") {
  const TemporaryFolder folder;
  Tuned tuned;
  const Adapter lora = tuned.train(Lora{.rank = 2});
  lora.save(folder.path() / "lora");
  auto other = LanguageModel::load(chat_folder(), {.storage = WeightStorage::dense});
  other.transformer().weights().front()->own_parameter()->value(0, 0) += 1.0F;
  CHECK_THROWS_WITH(other.load_adapter(folder.path() / "lora"), ContainsSubstring("lora") && ContainsSubstring("hash"));
  tuned.model.attach(lora);
  tuned.model.save(folder.path() / "one");
  tuned.model.save(folder.path() / "two", {}, nullptr, chat_folder());
  tuned.model.merge();
  tuned.model.save(folder.path() / "three");
  const double loss = tuned.model.evaluate(tuned.data).loss;
  for (const char* name : {"one", "two", "three"}) {
    auto saved = LanguageModel::load(folder.path() / name);
    CHECK(std::abs(saved.evaluate(saved.dataset(chat_records(), {.context = 64})).loss - loss) < 1e-5);
  }
}

TEST_CASE("settings of answers that cannot be are refused before a model is asked", "[finetune]") {
  CHECK_NOTHROW(AnswerOptions{}.validate());
  CHECK_THROWS_WITH(AnswerOptions{.max_tokens = 0}.validate(), ContainsSubstring("1 token"));
  CHECK_THROWS_WITH(AnswerOptions{.top_p = 2.0}.validate(), ContainsSubstring("top_p"));
  CHECK_THROWS_WITH(AnswerOptions{.stops = {""}}.validate(), ContainsSubstring("empty"));
}
