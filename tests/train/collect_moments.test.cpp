// SPDX-License-Identifier: MIT
/// @file
/// Moments of activations and gradients against the model's own inputs and gradients.
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/collect_moments.hpp>

#include <limits>

#include "support/catch.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

namespace {

using Model = Transformer<double>;

double difference(const GramAccumulator<double>& a, const GramAccumulator<double>& b) {
  REQUIRE(a.count() == b.count());
  const Matrix<double> x = a.second_moment();
  const Matrix<double> y = b.second_moment();
  return (map(x) - map(y)).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("activations are what weights read, each input once") {
  Model model(tiny::config(), 1);
  const TokenStream text = tiny::text();
  const CollectOptions options{.batches = 3, .sequences = 2, .seed = 5};
  auto head = options;
  head.patterns = {"lm_head.weight"};
  const auto of_head = collect_activations(model, text, head);
  REQUIRE(of_head.size() == 1);

  GramAccumulator<double> expected(8);
  Random random(5);
  for (int i = 0; i < 3; ++i) {
    Tape<double> tape(TapeMode::inference);
    const Batch batch = text.sample(random, 2);
    expected.add(model.hidden(tape, batch.inputs, 2).map());
  }
  CHECK(difference(of_head.at(8), expected) <= 1e-12);

  auto attention = options;
  attention.patterns = {"*attention.q*", "*attention.k*", "*attention.v*"};
  CHECK(collect_activations(model, text, attention).at(8).count() == 3 * 2 * 6);
  const auto all = collect_activations(model, text, options);
  REQUIRE(all.size() == 2);
  CHECK(all.at(8).count() == 4 * 3 * 2 * 6);  // before q k v, before the output matrix, before the MLP, before the head
  CHECK(all.at(12).count() == 3 * 2 * 6);
  CHECK(difference(collect_activations(model, text, options).at(12), all.at(12)) == 0.0);
}

TEST_CASE("gradients are those of a backward pass, a tied matrix once, and the model stays as it was") {
  Model model(tiny::config(), 1);
  model.parameters()[3]->trainable = false;
  const auto before = tiny::values<double>(model.parameters());
  const TokenStream text = tiny::text();
  const auto moments = collect_gradients(model, text, {.batches = 2, .sequences = 2, .seed = 5});
  REQUIRE(moments.size() == 2);
  CHECK(moments.at(8).count() == 2 * (11 + 4 * 8 + 12));  // embedding and head are one matrix
  CHECK(moments.at(12).count() == 2 * 8);
  CHECK(tiny::values<double>(model.parameters()) == before);
  for (auto* parameter : model.parameters()) {
    CHECK(parameter->trainable == (parameter != model.parameters()[3]));
    CHECK_FALSE(parameter->has_gradient);
  }

  GramAccumulator<double> expected(12);
  Random random(5);
  for (int i = 0; i < 2; ++i) {
    Tape<double> tape;
    const Batch batch = text.sample(random, 2);
    tape.backward(model.loss(tape, batch.inputs, batch.targets, 2));
    for (auto* parameter : model.parameters()) {
      if (parameter->name == "blocks.0.mlp.down.weight") {
        expected.add(map(parameter->gradient));
      }
      parameter->clear_gradient();
    }
  }
  CHECK(difference(moments.at(12), expected) <= 1e-12);
}

TEST_CASE("such moments give every width its basis, which carries scores") {
  Model model(tiny::config(), 1);
  const TokenStream text = tiny::text();
  MomentBasis<double> policy{.moments = collect_activations(model, text), .kind = "activations", .rank = 3};
  const auto bases = fit_bases(model.weights(), policy);
  REQUIRE(bases.size() == 2);
  CHECK(bases.at(8)->kind() == "activations");
  CHECK(map(bases.at(8)->mean()).cwiseAbs().maxCoeff() == 0.0);
  const auto expected = truncated_svd(policy.moments.at(8), 3, false);
  CHECK(map(bases.at(8)->components()) == map(expected.components));
  CHECK(bases.at(8)->spectrum()->centred_energy == policy.moments.at(8).raw_energy());
  attach_scores(model.weights(), bases, ScoreForm::exact_start);
  CHECK(model.weights().front()->is_adapted());
  CHECK_THROWS_WITH(collect_gradients(model, text), ContainsSubstring("dense"));
  policy.moments.erase(12);
  Model other(tiny::config(), 1);
  CHECK_THROWS_WITH(fit_bases(other.weights(), policy), ContainsSubstring("width 12"));
}

TEST_CASE("what cannot be collected is refused") {
  Model model(tiny::config(), 1);
  const TokenStream text = tiny::text();
  CHECK_THROWS_AS(collect_activations(model, text, {.batches = 0}), Error);
  CHECK_THROWS_AS(collect_gradients(model, text, {.sequences = 0}), Error);
  CHECK_THROWS_WITH(collect_activations(model, text, {.patterns = {"nothing"}}), ContainsSubstring("nothing"));
  for (auto* parameter : model.parameters()) {
    if (parameter->name == "blocks.0.mlp.up.weight") {
      parameter->value(0, 0) = std::numeric_limits<double>::infinity();
    }
  }
  CHECK_THROWS_WITH(collect_activations(model, text), ContainsSubstring("the input of blocks.0.mlp.down.weight"));
  CHECK_THROWS_WITH(collect_gradients(model, text), ContainsSubstring("not finite"));
}
