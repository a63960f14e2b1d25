// SPDX-License-Identifier: MIT
/// @file
/// Ten steps of AdamW against PyTorch's: every loss and every weight at the end.
#include <ampsft/train/adamw.hpp>

#include "model/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("ten AdamW steps equal PyTorch's", "[train]", float, double) {
  using T = TestType;
  constexpr bool single = std::same_as<T, float>;
  for (const auto* name : references) {
    const Reference reference(name);
    auto model = reference.model<T>();
    AdamW<T> optimizer({.learning_rate = std::stod(reference.setting("learning_rate")),
                        .beta1 = std::stod(reference.setting("beta1")),
                        .beta2 = std::stod(reference.setting("beta2")),
                        .epsilon = std::stod(reference.setting("epsilon")),
                        .weight_decay = std::stod(reference.setting("weight_decay"))});
    const Matrix<double> losses = reference.matrix("losses");
    Tape<T> tape;
    for (Index step = 0; step < cols(losses); ++step) {
      for (auto* parameter : model.parameters()) {
        parameter->clear_gradient();
      }
      const auto loss = model.loss(tape, reference.tokens, reference.targets, Reference::sequences);
      INFO(name << ": step " << step);
      CHECK(std::abs(static_cast<double>(loss.value()(0, 0)) - map(losses)(0, step)) < (single ? 1e-4 : 1e-10));
      tape.backward(loss);
      tape.clear();
      optimizer.step(model.parameters());
    }
    for (const auto* parameter : model.parameters()) {
      INFO(name << ": " << parameter->name);
      // The gradient of a key bias is nothing but rounding, which Adam divides by itself: no two programs agree on it.
      if (!parameter->name.ends_with("attention.k.bias")) {
        CHECK(relative_difference<T>(parameter->value, reference.matrix("trained." + parameter->name)) <
              (single ? 1e-3 : 1e-9));
      }
    }
  }
}
