// SPDX-License-Identifier: MIT
// The first thing to read: a tiny model, a universal basis, scores trained on a string.
#include <ampsft/ampsft.hpp>

#include <cstdio>
#include <string>

int main() {
  // A byte-level model, small enough to train in a second.
  ampsft::ModelConfig config;
  config.vocabulary = 256;
  config.context = 32;
  config.hidden_size = 64;
  config.layers = 2;
  config.heads = 4;
  config.intermediate_size = 128;
  ampsft::Transformer<float> model(config);

  std::string text;
  while (text.size() < 4000) {
    text += "A row of a weight matrix is eight scores over one universal basis. ";
  }
  const ampsft::TokenStream tokens({text.begin(), text.end()}, config.context);

  // One frozen basis for every input width; each weight becomes W0 + S B, and only the scores S are trained.
  const auto bases = ampsft::fit_bases(model.weights(), {.rank = 8});
  ampsft::freeze(model.parameters());
  const auto scores = ampsft::attach_scores(model.weights(), bases, ampsft::ScoreForm::exact_start);

  const double before = ampsft::evaluate(model, tokens).loss;
  ampsft::Trainer trainer(model, ampsft::AdamW<float>({.learning_rate = 2e-2}));
  trainer.fit(tokens, {.steps = 100});
  const double after = ampsft::evaluate(model, tokens).loss;

  std::printf("%td scores trained in %zu matrices\n", ampsft::trainable_count(scores), scores.size());
  std::printf("loss before %.3f, after %.3f\n", before, after);
  return after < before ? 0 : 1;
}
