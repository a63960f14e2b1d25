// SPDX-License-Identifier: MIT
/// @file
/// Which weights are attached, what they share, and that an error changes nothing.
#include <ampsft/parameterization/attach.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// An embedding, a head tied to it and two weights of other shapes.
struct Model {
  Weight<double> embedding{"token_embedding.weight", random_matrix<double>(9, 4, 1)};
  Weight<double> up{"blocks.0.mlp.up.weight", random_matrix<double>(6, 4, 2)};
  Weight<double> down{"blocks.0.mlp.down.weight", random_matrix<double>(4, 6, 3)};
  Weight<double> head = embedding.tied("lm_head.weight");

  [[nodiscard]] WeightList<double> weights() { return {&embedding, &up, &down, &head}; }
};

BasisSet<double> bases() {
  BasisSet<double> result;
  for (const Index width : {4, 6}) {
    result.insert(UniversalBasis<double>::random(width, 2, 1));
  }
  return result;
}

bool none_adapted(Model& model) {
  const auto weights = model.weights();
  return std::none_of(weights.begin(), weights.end(), [](const auto* weight) { return weight->is_adapted(); });
}

}  // namespace

TEST_CASE("scores go onto every weight by default, one set for a tied pair", "[parameterization]") {
  Model model;
  const auto leaves = attach_scores(model.weights(), bases(), ScoreForm::exact_start);
  REQUIRE(leaves.size() == 3);
  CHECK(leaves[0]->name == "token_embedding.weight.scores");
  CHECK(leaves[1]->name == "blocks.0.mlp.up.weight.scores");
  CHECK(leaves[2]->name == "blocks.0.mlp.down.weight.scores");
  CHECK(model.head.is_tied_to(model.embedding));
  CHECK(model.head.name() == "lm_head.weight");
  CHECK(model.head.leaves().front() == leaves[0]);
  CHECK(cols(leaves[2]->value) == 2);
}

TEST_CASE("tied weights may have leaves of their own over one frozen matrix", "[parameterization]") {
  Model model;
  const auto* const frozen = model.embedding.base().matrix().get();
  const auto leaves = attach_lora(model.weights(), {.rank = 2}, {.patterns = {"*"}, .tied = Tied::separate});
  REQUIRE(leaves.size() == 8);
  CHECK(leaves[6]->name == "lm_head.weight.lora_A");
  CHECK_FALSE(model.head.is_tied_to(model.embedding));
  CHECK(model.head.buffers().front().value == frozen);
  CHECK(model.embedding.buffers().front().value == frozen);
  CHECK(map(leaves[0]->value) != map(leaves[6]->value));  // a seed each
}

TEST_CASE("patterns choose", "[parameterization]") {
  Model model;
  const auto leaves =
      attach_scores(model.weights(), bases(), ScoreForm::truncated, {.patterns = {"*.mlp.?p.*", "*wn*"}});
  CHECK(leaves.size() == 2);
  CHECK_FALSE(model.embedding.is_adapted());
  CHECK(model.up.is_adapted());
  CHECK(model.down.is_adapted());
  CHECK(model.head.is_tied_to(model.embedding));
  CHECK(match_weights(model.weights(), {"*head*", "token*", "*"}).front() == &model.embedding);  // in the model's order
  CHECK(match_weights(model.weights(), {"*head*"}).size() == 1);
}

TEST_CASE("a pattern that matches nothing lists the names and changes nothing", "[parameterization]") {
  Model model;
  CHECK_THROWS_WITH(attach_scores(model.weights(), bases(), ScoreForm::exact_start, {.patterns = {"*", "*.mpl.*"}}),
                    ContainsSubstring("'*.mpl.*'") && ContainsSubstring("token_embedding.weight, blocks.0.mlp.up") &&
                        ContainsSubstring("lm_head.weight"));
  CHECK(none_adapted(model));
}

TEST_CASE("a missing basis changes nothing", "[parameterization]") {
  Model model;
  auto incomplete = bases();
  incomplete.erase(6);
  CHECK_THROWS_WITH(attach_scores(model.weights(), incomplete, ScoreForm::exact_start),
                    ContainsSubstring("width 6 for blocks.0.mlp.down.weight") && ContainsSubstring("width 4"));
  CHECK(none_adapted(model));
}

TEST_CASE("a rank too large for one weight changes nothing", "[parameterization]") {
  Model model;
  CHECK_THROWS_AS(attach_lora(model.weights(), {.rank = 5}), Error);
  CHECK(none_adapted(model));
}

TEST_CASE("attaching twice is refused and changes nothing", "[parameterization]") {
  Model model;
  attach_scores(model.weights(), bases(), ScoreForm::exact_start, {.patterns = {"*.down.*"}});
  const auto* const leaf = model.down.leaves().front();
  CHECK_THROWS_WITH(attach_lora(model.weights(), {.rank = 2}),
                    ContainsSubstring("blocks.0.mlp.down.weight is already parameterised as score (exact start)"));
  CHECK(model.down.leaves().front() == leaf);
  CHECK_FALSE(model.up.is_adapted());
  CHECK_FALSE(model.embedding.is_adapted());
}

TEST_CASE("the base of an attached weight stays when a tied weight goes on training", "[parameterization]") {
  for (const auto tied : {Tied::shared, Tied::separate}) {
    Model model;
    attach_scores(model.weights(), bases(), ScoreForm::exact_start, {.patterns = {"lm_head.*"}, .tied = tied});
    const Matrix<double> before = model.head.materialize();
    auto& embedding = *model.embedding.leaves().front();
    REQUIRE(embedding.trainable);
    map(embedding.value).array() += 1.0;
    const Matrix<double> after = model.head.materialize();
    CHECK(map(after) == map(before));
  }
}

TEST_CASE("detach puts the bases back, tied where they are one matrix, or changes nothing", "[parameterization]") {
  for (const auto tied : {Tied::shared, Tied::separate}) {
    Model model;
    const auto* const embedding = model.embedding.base().matrix().get();
    attach_scores(model.weights(), bases(), ScoreForm::exact_start,
                  {.patterns = {"*embedding*", "*head*"}, .tied = tied});
    attach_lora(model.weights(), {.rank = 2}, {.patterns = {"*.down.*"}});
    detach(model.weights());
    CHECK(none_adapted(model));
    CHECK(model.embedding.base().matrix().get() == embedding);
    CHECK(model.head.is_tied_to(model.embedding));
    CHECK(model.head.name() == "lm_head.weight");
    CHECK(model.down.leaves().empty());          // frozen, as it was under its factors
    CHECK(model.up.own_parameter() != nullptr);  // it was not adapted, and is left alone

    attach_lora(model.weights(), {.rank = 2}, {.patterns = {"*embedding*"}});
    attach_scores(model.weights(), bases(), ScoreForm::truncated, {.patterns = {"*.up.*"}});
    CHECK_THROWS_WITH(detach(model.weights()),
                      ContainsSubstring("blocks.0.mlp.up.weight") && ContainsSubstring("base"));
    CHECK(model.embedding.is_adapted());
    CHECK(model.up.is_adapted());
  }
}

TEST_CASE("freeze stops training", "[parameterization]") {
  Model model;
  const ParameterList<double> leaves = model.up.leaves();
  freeze(leaves);
  CHECK_FALSE(leaves.front()->trainable);
  CHECK(model.down.leaves().front()->trainable);
}

TEST_CASE("weights kept in bfloat16 take scores and factors as dense ones do", "[parameterization]") {
  Weight<float> embedding{"token_embedding.weight", random_matrix<float>(9, 4, 1)};
  Weight<float> up{"up.weight", random_matrix<float>(80, 70, 2)};
  Weight<float> head = embedding.tied("lm_head.weight");
  Weight<float> other{"other.weight", random_matrix<float>(6, 4, 3)};
  const WeightList<float> weights{&embedding, &up, &head, &other};
  keep_in_bf16(weights, {.patterns = {"*embedding*", "up*", "lm_head*"}});
  CHECK_FALSE(up.is_adapted());
  CHECK(up.leaves().empty());
  CHECK(up.base().matrix() == nullptr);
  CHECK(up.buffers().front().bytes() == 2 * 80 * 70);
  CHECK(head.is_tied_to(embedding));
  CHECK(other.own_parameter() != nullptr);
  CHECK_THROWS_WITH(keep_in_bf16(weights, {.patterns = {"up*"}}), ContainsSubstring("up.weight"));

  const Matrix<float> dequantized = up.materialize();
  Weight<float> dense{"up.weight", dequantized};
  BasisSet<float> bases;
  for (const Index width : {4, 70}) {
    bases.insert(UniversalBasis<float>::random(width, 2, 1));
  }
  const Matrix<float> x = random_matrix<float>(5, 70, 4);
  for (const bool lora : {false, true}) {
    for (const ScoreForm form : {ScoreForm::exact_start, ScoreForm::truncated}) {
      for (const Route route : {Route::factored, Route::materialized}) {
        Weight<float> frozen = up;
        Weight<float> twin = dense;
        for (auto* weight : {&frozen, &twin}) {
          const auto leaves = lora ? attach_lora<float>({weight}, {.rank = 2, .route = route})
                                   : attach_scores<float>({weight}, bases, form, {}, route);
          leaves.back()->value = random_matrix<float>(80, 2, 5);
        }
        Tape<float> tape;
        const auto in = tape.constant(x);
        const std::vector<std::int32_t> rows{7, 0, 79};
        CHECK(difference<float>(frozen.forward(in).value(), twin.forward(in).value()) < rounding<float>);
        CHECK(difference<float>(frozen.gather(tape, rows).value(), twin.gather(tape, rows).value()) < rounding<float>);
        CHECK(difference<float>(frozen.materialize(), twin.materialize()) < rounding<float>);
      }
    }
  }
}

TEST_CASE("scores and factors on a whole model are trained alone, unless the rest is to stay as it is",
          "[parameterization]") {
  struct Whole : Model {
    using scalar = double;
    Parameter<double> gain{"final_norm.weight", make_matrix<double>(1, 4, 1.0)};
    ParameterList<double> parameters() {
      ParameterList<double> all{&gain};
      for (auto* weight : weights()) {
        for (auto* leaf : weight->leaves()) {
          all.push_back(leaf);
        }
      }
      return all;
    }
  };
  const std::vector<std::string> up{"*.up.weight"};
  Whole model;
  const auto leaves = attach_scores(model, bases(), ScoreForm::exact_start, {.patterns = up});
  for (const auto* parameter : model.parameters()) {
    CHECK(parameter->trainable == (parameter == leaves.front()));
  }
  Whole other;
  attach_lora(other, {.rank = 2}, {.patterns = up}, Rest::as_it_is);
  CHECK(other.gain.trainable);
  Whole refused;
  CHECK_THROWS_AS(attach_scores(refused, bases(), ScoreForm::exact_start, {.patterns = {"nothing"}}), Error);
  CHECK(refused.gain.trainable);
}

TEST_CASE("a weight is found by its name, or all names are told", "[parameterization]") {
  Model model;
  CHECK(&find_weight(model.weights(), "blocks.0.mlp.up.weight") == &model.up);
  CHECK_THROWS_WITH(find_weight(model.weights(), "up"), ContainsSubstring("blocks.0.mlp.down.weight"));
}
