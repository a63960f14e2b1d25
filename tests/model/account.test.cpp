// SPDX-License-Identifier: MIT
/// @file
/// The paper's model, counted: every figure of its decomposition table.
#include <ampsft/model/account.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <map>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("the preset of paper 72 has the paper's counts", "[model]") {
  Transformer<float> model(ModelConfig::paper72());
  const auto counts = account(model, 8);
  CHECK(counts.stacked_rows == 46398);
  CHECK(counts.score_coefficients == 371184);
  CHECK(counts.basis == 2048);
  CHECK(counts.non_weight == 4352512);
  CHECK(counts.weight_structure == 11504656);
  CHECK(counts.total == 16230400);
  CHECK(counts.unique_parameters == 10291456);

  CHECK(trainable_count(model.parameters()) == 10291456);
  Index rows_of_width_256 = 0;
  for (const auto* weight : model.weights()) {
    rows_of_width_256 += weight->cols() == 256 ? weight->rows() : 0;
  }
  CHECK(rows_of_width_256 == 46398);
  Index targeted_rows = 0;
  for (const auto* weight : match_weights(model.weights(), paper72_targets())) {
    targeted_rows += weight->rows();
  }
  CHECK(targeted_rows == 46398);

  std::map<std::string, Index> kinds;
  for (const auto* parameter : model.parameters()) {
    const bool matrix = !parameter->is_vector;
    const bool down = parameter->name.ends_with("mlp.down.weight");
    const bool position = parameter->name == "position_embedding.weight";
    kinds[down ? "MLP down" : position ? "positions" : matrix ? "stacked" : "vectors"] += parameter->size();
  }
  CHECK(kinds["MLP down"] == 2097152);
  CHECK(kinds["positions"] == 131072);
  CHECK(kinds["vectors"] == 27136);
  CHECK(kinds["stacked"] == (46398 - 15007) * 256);  // the tied matrix once
}

TEST_CASE("frozen weights count as dense ones do, adapted ones are refused", "[model]") {
  for (const bool tied : {true, false}) {
    ModelConfig config;
    config.tied_head = tied;
    Transformer<float> model(config);
    const auto expected = account(model, 4);
    keep_in_bf16(model.weights(), {.patterns = {"*embedding*", "lm_head*", "*.mlp.*"}});
    const auto counts = account(model, 4);
    CHECK(counts.stacked_rows == expected.stacked_rows);
    CHECK(counts.non_weight == expected.non_weight);
    CHECK(counts.unique_parameters == expected.unique_parameters);
    CHECK(counts.total == expected.total);
    attach_lora(model.weights(), {.rank = 2}, {.patterns = {"blocks.0.mlp.up.weight"}});
    CHECK_THROWS_WITH(account(model, 4), ContainsSubstring("blocks.0.mlp.up.weight is parameterised as lora"));
  }
}

TEST_CASE("an untied head is a matrix of its own", "[model]") {
  ModelConfig config;
  config.tied_head = false;
  Transformer<float> untied(config);
  config.tied_head = true;
  Transformer<float> tied(config);
  CHECK(account(untied, 4).stacked_rows == account(tied, 4).stacked_rows);
  CHECK(account(untied, 4).total == account(tied, 4).total);
  CHECK(account(untied, 4).unique_parameters - account(tied, 4).unique_parameters ==
        config.vocabulary * config.hidden_size);
}

TEST_CASE("the masks of a huge context are refused, not counted wrong", "[model]") {
  ModelConfig config{.context = Index{1} << 30, .learned_positions = false};
  config.layers = {7, {.rope = RopeConfig{}}};
  Transformer<float> model(config);
  CHECK(account(model, 4).non_weight > 7 * (config.context * config.context));
  config.layers = {8, {.rope = RopeConfig{}}};
  Transformer<float> deeper(config);
  CHECK_THROWS_WITH(account(deeper, 4), ContainsSubstring("8 masks for a context of 1073741824"));
}
