// SPDX-License-Identifier: MIT
/// @file
/// The type-erased weight of a layer.
#include <ampsft/parameterization/weight.hpp>

#include "parameterization/cases.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEST_CASE("a weight does what its parameterisation does", "[parameterization]") {
  const FrozenBase<double> base = source_weight<double>();
  auto p = LoraCase<double>::make_moved(base, Route::factored);
  const Weight<double> weight("w", LoraCase<double>::make_moved(base, Route::factored));
  const Matrix<double> x = random_matrix<double>(4, inputs, 2);
  const Matrix<double> bias = random_matrix<double>(1, outputs, 3);
  const std::vector<std::int32_t> row{2, 2, 0};
  Tape<double> tape;
  CHECK(weight.rows() == outputs);
  CHECK(weight.cols() == inputs);
  CHECK(weight.kind() == "lora");
  CHECK(weight.forward(tape.constant(x), tape.constant(bias)).map() ==
        linear(p.products(tape.constant(x)), tape.constant(bias)).map());
  CHECK(weight.forward(tape.constant(x)).map() == linear(p.products(tape.constant(x))).map());
  CHECK(weight.gather(tape, row).map() == p.gather(tape, row).map());
  const auto mine = weight.materialize();
  const auto its = p.materialize();
  CHECK(map(mine) == map(its));
  CHECK(weight.leaves().size() == 2);
  CHECK(weight.buffers().size() == 1);
  CHECK(weight.is_adapted());
  CHECK(weight.base().matrix() == base.matrix());
  CHECK(weight.own_parameter() == nullptr);
  CHECK(weight.as<LoraParameterization<double>>() != nullptr);
  CHECK(weight.as<DenseParameterization<double>>() == nullptr);
}

TEST_CASE("a weight knows its base, and whether it is its own", "[parameterization]") {
  const FrozenBase<float> stored = stored_weight<float>(BlockFormat::q8_0, outputs, 32);
  const Weight<float> frozen("w", FrozenParameterization<float>("w", stored));
  CHECK_FALSE(frozen.is_adapted());
  CHECK(frozen.own_parameter() == nullptr);
  CHECK(base_of(frozen).named("").identity() == stored.named("").identity());
  const Weight<float> truncated("w", ScoreCase<float, ScoreForm::truncated>::make(stored));
  CHECK(truncated.is_adapted());
  CHECK(truncated.own_parameter() == nullptr);  // its leaf is not the weight
  CHECK_THROWS_WITH(base_of(truncated), ContainsSubstring("w is parameterised as score (truncated)"));
}

TEST_CASE("a dense weight shows its matrix without a copy", "[parameterization]") {
  auto weight = std::make_unique<Weight<float>>("w", random_matrix<float>(3, 2, 1));
  const auto matrix = weight->base().matrix();
  REQUIRE(matrix != nullptr);
  CHECK_FALSE(weight->is_adapted());
  CHECK(weight->own_parameter() == weight->leaves().front());
  CHECK(matrix.get() == &weight->own_parameter()->value);
  CHECK(weight->leaves().front()->name == "w");
  weight.reset();
  CHECK(rows(*matrix) == 3);  // it lives on
}

TEST_CASE("a tied weight has another name and the same leaves", "[parameterization]") {
  const Weight<double> embedding("embedding", random_matrix<double>(outputs, inputs, 1));
  const Weight<double> head = embedding.tied("head");
  const Weight<double> other("embedding", random_matrix<double>(outputs, inputs, 1));
  CHECK(head.name() == "head");
  CHECK(embedding.name() == "embedding");
  CHECK(head.is_tied_to(embedding));
  CHECK_FALSE(other.is_tied_to(embedding));
  CHECK(head.leaves() == embedding.leaves());
}
