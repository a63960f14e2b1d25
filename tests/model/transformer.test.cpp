// SPDX-License-Identifier: MIT
/// @file
/// Names, counts, causality and refusals of the whole model.
#include <ampsft/model/transformer.hpp>

#include <set>

#include "support/catch.hpp"

using namespace ampsft;

using Tokens = std::vector<std::int32_t>;

namespace {

ModelConfig tiny() {
  ModelConfig config;
  config.vocabulary = 13;
  config.context = 6;
  config.hidden_size = 8;
  config.layers = 2;
  config.heads = 2;
  config.intermediate_size = 12;
  config.initial_stddev = 0.3;
  return config;
}

Matrix<double> logits_of(Transformer<double>& model, const Tokens& tokens, Index sequences,
                         TapeMode mode = TapeMode::inference) {
  Tape<double> tape(mode);
  return model.logits(model.hidden(tape, tokens, sequences)).value();
}

}  // namespace

TEST_CASE("parameters are unique, named, and as many as the formula says", "[model]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    ModelConfig config = tiny();
    config.tied_head = (bits & 1U) != 0;
    config.attention_bias = config.attention_output_bias = config.mlp_bias = (bits & 2U) != 0;
    config.norm_bias = (bits & 4U) != 0;
    config.head_bias = (bits & 8U) != 0;
    Transformer<double> model(config);
    std::set<std::string> names;
    for (const auto* parameter : model.parameters()) {
      CHECK(names.insert(parameter->name).second);
      CHECK(parameter->decays != parameter->is_vector);
      CHECK(parameter->is_vector == (rows(parameter->value) == 1));
    }
    const Index v = 13;
    const Index d = 8;
    const Index h = 12;
    const Index linear = 4 * d * d + 2 * h * d + (config.mlp_bias ? 5 * d + h : 0);
    const Index norm = d + (config.norm_bias ? d : 0);
    const Index expected =
        v * d + 6 * d + 2 * (linear + 2 * norm) + norm + (config.tied_head ? 0 : v * d) + (config.head_bias ? v : 0);
    CHECK(trainable_count(model.parameters()) == expected);
    CHECK(names.contains("lm_head.weight") == !config.tied_head);
    CHECK(names.contains("lm_head.bias") == config.head_bias);
    CHECK(names.contains("blocks.1.attention.output.bias") == config.mlp_bias);
    CHECK(names.contains("blocks.1.norm_2.bias") == config.norm_bias);
    CHECK(names.contains("final_norm.weight"));

    const auto weights = model.weights();
    CHECK(weights.size() == 2 + 2 * 6);
    CHECK(weights.front()->name() == "token_embedding.weight");
    CHECK(weights[6]->name() == "blocks.0.mlp.down.weight");
    CHECK(weights.back()->name() == "lm_head.weight");
    CHECK(weights.back()->is_tied_to(*weights.front()) == config.tied_head);
  }
}

TEST_CASE("a later token changes no earlier logits, nor another sequence", "[model]") {
  Transformer<double> model(tiny(), 3);
  const Tokens tokens{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  Tokens changed = tokens;
  changed[3] = 12;
  const Matrix<double> before = logits_of(model, tokens, 2);
  const Matrix<double> after = logits_of(model, changed, 2);
  CHECK(map(before).topRows(3) == map(after).topRows(3));
  CHECK(map(before).bottomRows(5) == map(after).bottomRows(5));
  CHECK(map(before).row(3) != map(after).row(3));
  CHECK(map(before).row(4) != map(after).row(4));
}

TEST_CASE("a sequence gives the same logits alone and in a batch", "[model]") {
  Transformer<double> model(tiny(), 3);
  const Matrix<double> both = logits_of(model, {1, 2, 3, 4, 5, 6}, 2);
  const Matrix<double> second = logits_of(model, {4, 5, 6}, 1);
  CHECK((map(both).bottomRows(3) - map(second)).cwiseAbs().maxCoeff() < 1e-13);
}

TEST_CASE("the seed decides the weights", "[model]") {
  Transformer<double> model(tiny(), 3);
  Transformer<double> same(tiny(), 3);
  Transformer<double> other(tiny(), 4);
  CHECK(map(model.parameters()[0]->value) == map(same.parameters()[0]->value));
  CHECK(map(model.parameters()[0]->value) != map(other.parameters()[0]->value));
}

TEST_CASE("weights start with the standard deviation asked for, smaller where a branch ends", "[model]") {
  ModelConfig config = tiny();
  config.hidden_size = 64;
  config.intermediate_size = 128;
  config.layers = 8;
  Transformer<double> model(config);
  for (const auto* parameter : model.parameters()) {
    if (parameter->is_vector) {
      const double start = parameter->name.find("norm") != std::string::npos && parameter->name.ends_with("weight");
      CHECK((flat(parameter->value) == start).all());
    } else if (parameter->size() >= 4096) {
      const bool ends = parameter->name.ends_with("output.weight") || parameter->name.ends_with("down.weight");
      const double stddev = std::sqrt(flat(parameter->value).square().mean());
      CHECK(std::abs(stddev / (ends ? 0.3 / 4.0 : 0.3) - 1.0) < 0.07);  // 6 standard errors
    }
  }
}

TEST_CASE("dropout acts in training alone and repeats with its seed", "[model]") {
  ModelConfig config = tiny();
  config.dropout = 0.3;
  Transformer<double> model(config, 3);
  const Tokens tokens{1, 2, 3, 4};
  const Matrix<double> calm = logits_of(model, tokens, 1);
  const Matrix<double> again = logits_of(model, tokens, 1);
  CHECK(map(calm) == map(again));
  model.dropout_random() = Random(5);
  const Matrix<double> first = logits_of(model, tokens, 1, TapeMode::training);
  const Matrix<double> second = logits_of(model, tokens, 1, TapeMode::training);
  model.dropout_random() = Random(5);
  const Matrix<double> repeated = logits_of(model, tokens, 1, TapeMode::training);
  CHECK(map(first) != map(calm));
  CHECK(map(first) != map(second));
  CHECK(map(first) == map(repeated));
}

TEST_CASE("tokens that do not fit the model are refused", "[model]") {
  Transformer<double> model(tiny());
  CHECK_NOTHROW(logits_of(model, {0, 1, 2, 3, 4, 12}, 1));
  CHECK_THROWS_WITH(logits_of(model, {0, 13}, 1), ContainsSubstring("13"));
  CHECK_THROWS_AS(logits_of(model, {0, -1}, 1), Error);
  CHECK_THROWS_WITH(logits_of(model, Tokens(7, 0), 1), ContainsSubstring("7 tokens") && ContainsSubstring("6"));
  CHECK_THROWS_WITH(logits_of(model, {0, 1, 2}, 2), ContainsSubstring("3 tokens are not 2"));
  CHECK_THROWS_AS(logits_of(model, {}, 1), Error);
  CHECK_THROWS_AS(logits_of(model, {0}, 0), Error);
  ModelConfig impossible = tiny();
  impossible.heads = 3;
  CHECK_THROWS_WITH(Transformer<double>(impossible), ContainsSubstring("3 heads"));
}
