// SPDX-License-Identifier: MIT
/// @file
/// The type-erased weight of a layer.
#include <ampsft/parameterization/weight.hpp>

#include "parameterization/cases.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEST_CASE("a weight does what its parameterisation does", "[parameterization]") {
  auto p = make_moved<LoraCase<double>>(Route::factored);
  const Weight<double> weight("w", make_moved<LoraCase<double>>(Route::factored));
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
  CHECK(weight.dense() == nullptr);
}

TEST_CASE("a dense weight shows its matrix without a copy", "[parameterization]") {
  auto weight = std::make_unique<Weight<float>>("w", random_matrix<float>(3, 2, 1));
  const auto matrix = weight->dense();
  REQUIRE(matrix != nullptr);
  CHECK(matrix.get() == &weight->leaves().front()->value);
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
