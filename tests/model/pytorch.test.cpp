// SPDX-License-Identifier: MIT
/// @file
/// Logits, loss and every gradient against PyTorch's.
#include "model/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("logits, loss and gradients equal PyTorch's", "[model]", float, double) {
  using T = TestType;
  const double tolerance = std::same_as<T, float> ? 1e-4 : 1e-10;
  for (const auto* name : references) {
    const Reference reference(name);
    auto model = reference.model<T>();
    Tape<T> tape;
    const auto logits = model.logits(model.hidden(tape, reference.tokens, Reference::sequences));
    CHECK(relative_difference<T>(logits.value(), reference.matrix("logits")) < tolerance);

    const auto loss = model.loss(tape, reference.tokens, reference.targets, Reference::sequences);
    CHECK(std::abs(static_cast<double>(loss.value()(0, 0)) - reference.matrix("losses")(0, 0)) < tolerance);

    tape.backward(loss);
    for (const auto* parameter : model.parameters()) {
      INFO(name << ": " << parameter->name);
      REQUIRE(parameter->has_gradient);
      CHECK(relative_difference<T>(parameter->gradient, reference.matrix("gradient." + parameter->name)) < tolerance);
    }
  }
}
