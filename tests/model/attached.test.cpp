// SPDX-License-Identifier: MIT
/// @file
/// A whole model with scores or LoRA factors on its weights.
#include <ampsft/autograd/gradient_check.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include "support/catch.hpp"

using namespace ampsft;

using Tokens = std::vector<std::int32_t>;

namespace {

const Tokens tokens{1, 2, 3, 4, 5, 6};
const Tokens targets{2, 3, -1, 5, 6, 0};

Transformer<double> make_model() {
  ModelConfig config;
  config.vocabulary = 7;
  config.context = 3;
  config.hidden_size = 4;
  config.layers = 1;
  config.heads = 2;
  config.intermediate_size = 6;
  config.initial_stddev = 0.3;
  Transformer<double> model(config, 2);
  freeze(model.parameters());
  return model;
}

double loss_of(Transformer<double>& model) {
  Tape<double> tape(TapeMode::inference);
  return model.loss(tape, tokens, targets, 2).value()(0, 0);
}

void require_trainable(Transformer<double>& model, const ParameterList<double>& leaves) {
  CHECK(trainable_count(model.parameters()) == trainable_count(leaves));
  const auto worst =
      check_gradients<double>([&](auto& tape) { return model.loss(tape, tokens, targets, 2); }, model.parameters());
  INFO("worst at element " << worst.element << " of " << worst.parameter);
  CHECK(worst.largest_error < 1e-8);
}

}  // namespace

TEST_CASE("exact start and LoRA begin at the untouched model and train everything attached", "[model]") {
  Transformer<double> untouched = make_model();
  const double base = loss_of(untouched);
  for (const auto tied : {Tied::shared, Tied::separate}) {
    auto scored = make_model();
    const auto bases = fit_bases(scored.weights(), SvdOptions{.rank = 2});
    const auto scores = attach_scores(scored.weights(), bases, ScoreForm::exact_start, {.tied = tied});
    const Index tied_rows = tied == Tied::shared ? 7 : 14;
    CHECK(trainable_count(scores) == 2 * (tied_rows + 4 * 4 + 6 + 4));
    CHECK(std::abs(loss_of(scored) - base) < 1e-14);
    require_trainable(scored, scores);

    auto adapted = make_model();
    const auto factors = attach_lora(adapted.weights(), {.rank = 2}, {.tied = tied});
    CHECK(std::abs(loss_of(adapted) - base) < 1e-14);
    require_trainable(adapted, factors);
  }
}

TEST_CASE("the truncated form of full rank is the untouched model", "[model]") {
  auto untouched = make_model();
  auto model = make_model();
  const AttachTargets narrow{.patterns = {"token*", "*attention*", "*up*", "lm_head*"}};
  const auto attach = [&](Transformer<double>& target, Index rank) {
    const auto bases = fit_bases(target.weights(), SvdOptions{.rank = rank}, narrow.patterns);
    return attach_scores(target.weights(), bases, ScoreForm::truncated, narrow);
  };
  attach(model, 4);
  CHECK(std::abs(loss_of(model) - loss_of(untouched)) < 1e-12);
  auto damaged = make_model();
  const auto scores = attach(damaged, 1);
  CHECK(std::abs(loss_of(damaged) - loss_of(untouched)) > 1e-6);
  require_trainable(damaged, scores);
}
