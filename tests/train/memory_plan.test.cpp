// SPDX-License-Identifier: MIT
/// @file
/// What a step will hold, planned without computing, against what it holds.
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/collect_moments.hpp>
#include <ampsft/train/memory_plan.hpp>
#include <ampsft/train/sgd.hpp>

#include <cstdint>
#include <sstream>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

ModelConfig small() {
  ModelConfig config;
  config.vocabulary = 301;
  config.context = 24;
  config.hidden_size = 40;
  config.layers = 3;
  config.heads = 4;
  config.intermediate_size = 90;
  return config;
}

Index bytes_of(const ParameterList<float>& parameters) {
  Index bytes = 0;
  for (const auto* parameter : parameters) {
    bytes += parameter->size() * 4;
  }
  return bytes;
}

/// Bytes that the tape of a real step takes.
Index measured(Transformer<float>& model, Index sequences, Index length) {
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequences * length), 5);
  Tape<float> tape;
  for (int i = 0; i < 2; ++i) {
    for (auto* parameter : model.parameters()) {
      parameter->clear_gradient();
    }
    tape.backward(model.loss(tape, tokens, tokens, sequences));
    tape.clear();
  }
  return tape.bytes();
}

}  // namespace

TEST_CASE("the memory plan says what a step of any form will hold", "[train]") {
  const AdamW<float> optimizer;
  for (const int form : {0, 1, 2}) {
    for (const bool checkpoints : {false, true}) {
      Transformer<float> model(small());
      const Index dense = bytes_of(model.parameters());
      model.checkpoint_blocks(checkpoints);
      if (form > 0) {
        const auto bases = fit_bases(model.weights(), {.rank = 3});
        freeze(model.parameters());
        attach_scores(model.weights(), bases, form == 1 ? ScoreForm::exact_start : ScoreForm::truncated);
      }
      const MemoryPlan plan = plan_memory(model, optimizer, 3, 24);
      for (const auto* parameter : model.parameters()) {
        CHECK_FALSE(parameter->has_gradient);
        CHECK(parameter->gradient.size() == 0);
      }
      const Index real = measured(model, 3, 24);
      CAPTURE(form, checkpoints, plan.activations, real);
      CHECK(std::abs(static_cast<double>(plan.activations - real)) < 0.1 * static_cast<double>(real));
      CHECK(plan.gradients == plan.trained);
      CHECK(plan.optimizer == 2 * plan.trained);
      if (form == 0) {
        CHECK(plan.trained == dense);
        CHECK(plan.frozen == 0);
      } else {
        CHECK(plan.frozen > 0);
        CHECK((plan.frozen > dense) == (form == 1));  // the truncated form forgets its source
      }
      CHECK(plan.total() == plan.frozen + 4 * plan.trained + plan.activations);
    }
  }
}

TEST_CASE("the plan of collecting gradients counts the weights, their gradients and the pass", "[train]") {
  UnfilledWeights<float> no_values;
  Transformer<float> shapes(small(), no_values);
  Transformer<float> model(small());
  freeze(model.parameters());
  Index chosen = 0;
  for (auto* weight : match_weights(model.weights(), {"blocks.*"})) {
    weight->leaves().front()->trainable = true;
    chosen += weight->rows() * weight->cols() * 4;
  }
  const std::vector<std::int32_t> tokens(3 * 24, 5);
  const TokenBatch batch{.tokens = tokens, .sequences = 3, .targets = tokens};
  const MemoryPlan plan = plan_collect_gradients(shapes, batch, {"blocks.*"});
  CHECK(plan.trained == chosen);
  CHECK(plan.gradients == chosen);
  CHECK(plan.frozen == bytes_of(model.parameters()) - chosen);
  CHECK(plan.optimizer == 0);
  const Index real = measured(model, 3, 24);
  CHECK(std::abs(static_cast<double>(plan.activations - real)) < 0.1 * static_cast<double>(real));
  for (const auto* parameter : shapes.parameters()) {
    CHECK(parameter->trainable);  // as before
    CHECK(parameter->gradient.size() == 0);
  }
  const MemoryPlan held = plan_weights(model);
  CHECK(held.trained == plan.trained);
  CHECK(held.total() == bytes_of(model.parameters()));
}

TEST_CASE("checkpoints of blocks and fewer tokens take less memory", "[train]") {
  Transformer<float> model(small());
  const Sgd<float> optimizer;
  const MemoryPlan all = plan_memory(model, optimizer, 3, 24);
  CHECK(all.optimizer == all.trained);
  CHECK(plan_memory(model, optimizer, 3, 12).activations < all.activations);
  model.checkpoint_blocks(true);
  CHECK(plan_memory(model, optimizer, 3, 24).activations < all.activations);
  CHECK_THROWS_AS(plan_memory(model, optimizer, 3, 25), Error);  // longer than the context
}

TEST_CASE("a memory plan is printed in MiB", "[train]") {
  std::ostringstream text;
  text << MemoryPlan{Index{5} << 20, Index{3} << 19, 0, 0, 52429};
  CHECK_THAT(text.str(), ContainsSubstring("5.0 MiB"));
  CHECK_THAT(text.str(), ContainsSubstring("1.5 MiB"));
  CHECK_THAT(text.str(), ContainsSubstring("0.1 MiB"));
  CHECK_THAT(text.str(), ContainsSubstring("6.6 MiB"));
}

TEST_CASE("a long context takes no more memory a token than a short one", "[train]") {
  const AdamW<float> optimizer;
  const auto bytes_a_token = [&](Index context, bool scores) {
    ModelConfig config = ModelConfig::paper72();
    config.context = context;
    config.layers = 2;
    config.vocabulary = 997;
    Transformer<float> model(config);
    if (scores) {
      const auto bases = fit_bases(model.weights(), RandomBasis{.rank = 8, .seed = 1});
      freeze(model.parameters());
      attach_scores(model.weights(), bases, ScoreForm::exact_start);
    }
    const Index sequences = 4096 / context;
    return static_cast<double>(plan_memory(model, optimizer, sequences, context).activations) / 4096.0;
  };
  for (const bool scores : {false, true}) {
    CHECK(bytes_a_token(4096, scores) < 1.05 * bytes_a_token(512, scores));
  }
}

TEST_CASE("a step of more tokens than can be counted is refused", "[train]") {
  Transformer<float> model(small());
  const AdamW<float> optimizer;
  constexpr Index many = Index{1} << 32;
  for (const auto& [sequences, length] :
       {std::pair(many, many), {many, Index{1}}, {Index{0}, Index{1}}, {Index{-1}, Index{1}}}) {
    CHECK_THROWS_AS(plan_memory(model, optimizer, sequences, length), Error);
  }
}
