// SPDX-License-Identifier: MIT
/// @file
/// Fifty steps of the fused, factored engine have the losses of the plain one that forms every weight.
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>

#include "support/catch.hpp"
#include "train/reference_engine.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

enum class Form { dense, exact_start, truncated, lora };

/// Odd sizes, none a multiple of a register, wide enough for every kernel.
ModelConfig odd_config() {
  ModelConfig config;
  config.vocabulary = 103;
  config.context = 37;
  config.hidden_size = 78;
  config.layers = 2;
  config.heads = 6;
  config.intermediate_size = 131;
  config.head_bias = true;
  return config;
}

/// The losses of 50 steps; `plain`: by the plain engine.
template <class T>
std::vector<double> losses(Form form, bool plain) {
  Transformer<T> model(odd_config(), 7);
  const Route route = plain ? Route::materialized : Route::factored;
  if (form != Form::dense) {
    freeze(model.parameters());
  }
  if (form == Form::lora) {
    attach_lora(model.weights(), {.rank = 3, .route = route});
  } else if (form != Form::dense) {
    Transformer<T> source(odd_config(), 7);
    attach_scores(model.weights(), fit_bases(source.weights(), {.rank = 3}),
                  form == Form::exact_start ? ScoreForm::exact_start : ScoreForm::truncated, {}, route);
  }
  AdamW<T> optimizer({.learning_rate = 3e-3, .epsilon = 1e-4});  // so that rounding is not blown up by tiny gradients
  Tape<T> tape;
  Random random(3);
  std::vector<double> found;
  const auto parameters = model.parameters();
  for (int step = 0; step < 50; ++step) {
    const Index sequences = 2;
    std::vector<std::int32_t> tokens;
    std::vector<std::int32_t> targets;
    for (Index i = 0; i < sequences * (step % 2 == 0 ? 37 : 23); ++i) {
      tokens.push_back(static_cast<std::int32_t>(random.below(103)));
      targets.push_back(random.below(5) == 0 ? -1 : static_cast<std::int32_t>(random.below(103)));
    }
    for (auto* parameter : parameters) {
      parameter->clear_gradient();
    }
    const auto loss =
        plain ? plain_loss<T>(model, tape, tokens, targets, sequences) : model.loss(tape, tokens, targets, sequences);
    found.push_back(static_cast<double>(loss.value()(0, 0)));
    tape.backward(loss);
    tape.clear();
    optimizer.step(parameters);
  }
  return found;
}

template <class T>
void compare(double tolerance) {
  for (const Form form : {Form::dense, Form::exact_start, Form::truncated, Form::lora}) {
    const auto fused = losses<T>(form, false);
    const auto plain = losses<T>(form, true);
    CAPTURE(static_cast<int>(form));
    CHECK(fused.front() != Approx(fused.back()).epsilon(1e-4));  // something was trained
    for (std::size_t i = 0; i < fused.size(); ++i) {
      CAPTURE(i);
      CHECK(std::abs(fused[i] - plain[i]) <= tolerance * std::abs(plain[i]));
    }
  }
}

}  // namespace

TEST_CASE("the losses of 50 steps equal the plain engine's in double", "[train]") {
  compare<double>(1e-12);
}

TEST_CASE("the losses of 50 steps equal the plain engine's in float", "[train]") {
  compare<float>(1e-5);
}
