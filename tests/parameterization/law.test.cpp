// SPDX-License-Identifier: MIT
/// @file
/// The laws of values that every parameterisation keeps, whatever stands behind it.
#include <ampsft/model/parameter_file.hpp>

#include "parameterization/cases.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

using Rows = std::vector<std::int32_t>;

TEMPLATE_LIST_TEST_CASE("forward is the product with the materialised weight", "[parameterization]", AllCases) {
  using P = typename TestType::P;
  using T = typename P::scalar;
  STATIC_REQUIRE(Parameterization<P>);
  const Matrix<T> bias = random_matrix<T>(1, outputs, 3);
  for (const auto route : routes) {
    P p = make_moved<TestType>(route);
    CHECK(p.rows() == outputs);
    CHECK(p.cols() == inputs);
    const Matrix<T> weight = p.materialize();
    for (const Index tokens : {1, 7}) {
      const Matrix<T> x = random_matrix<T>(tokens, inputs, 2);
      Tape<T> tape;
      const Matrix<T> expected = make_matrix(map(x) * map(weight).transpose());
      CHECK(difference<T>(linear(p.products(tape.constant(x))).value(), expected) < rounding<T>);
      const Matrix<T> shifted = make_matrix(map(expected).rowwise() + map(bias).row(0));
      CHECK(difference<T>(linear(p.products(tape.constant(x)), tape.constant(bias)).value(), shifted) < rounding<T>);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("gather gives rows of the materialised weight", "[parameterization]", AllCases) {
  using T = typename TestType::P::scalar;
  const Rows row{5, 0, 5, 3};
  for (const auto route : routes) {
    auto p = make_moved<TestType>(route);
    const Matrix<T> weight = p.materialize();
    Tape<T> tape;
    const auto y = p.gather(tape, row);
    REQUIRE(y.rows() == 4);
    for (Index t = 0; t < 4; ++t) {
      const auto expected = map(weight).row(row[static_cast<std::size_t>(t)]);
      CHECK(static_cast<double>((y.map().row(t) - expected).cwiseAbs().maxCoeff()) < rounding<T>);
    }
    CHECK_THROWS_AS(p.gather(tape, Rows{6}), Error);
    CHECK_THROWS_AS(p.gather(tape, Rows{-1}), Error);
  }
}

TEMPLATE_LIST_TEST_CASE("training starts at the source weight", "[parameterization]", AllCases) {
  using T = typename TestType::P::scalar;
  const auto source = source_weight<T>();
  const Matrix<T> start = TestType::make(Route::factored).materialize();
  if constexpr (TestType::starts_at_source) {
    CHECK(map(start) == map(*source));  // bit for bit
  } else {
    const auto basis = some_basis<T>();
    const Matrix<T> scores = basis->scores(map(*source));
    const Matrix<T> nearest = basis->reconstruct(map(scores));
    CHECK(map(start) == map(nearest));
    // What is lost is what no direction of the basis sees.
    const Matrix<T> residual = make_matrix(map(*source) - map(start));
    CHECK(map(residual).norm() > T(0.1));
    CHECK(difference<T>(basis->project(map(residual)), make_matrix<T>(outputs, rank, T{0})) < rounding<T>);
  }
}

TEMPLATE_LIST_TEST_CASE("the leaves are as many as the formula says, and named", "[parameterization]", AllCases) {
  auto p = TestType::make(Route::factored);
  Index count = 0;
  for (const auto* leaf : p.leaves()) {
    count += leaf->size();
    CHECK(leaf->trainable);
    CHECK(leaf->decays);
    CHECK(leaf->name.starts_with("w"));
  }
  CHECK(count == TestType::leaf_elements);
  CHECK(p.buffers().size() == TestType::buffers);
  CHECK_FALSE(p.kind().empty());
}

TEMPLATE_LIST_TEST_CASE("leaves come back from a file, and the merged weight computes the same", "[parameterization]",
                        AllCases) {
  using T = typename TestType::P::scalar;
  auto trained = make_moved<TestType>(Route::factored);
  auto fresh = TestType::make(Route::factored);
  const testing::TemporaryFolder folder;
  save_parameters(folder.path() / "leaves.safetensors", trained.leaves());
  load_parameters(SafetensorsFile(folder.path() / "leaves.safetensors"), fresh.leaves());
  const auto expected = trained.materialize();
  const auto loaded = fresh.materialize();
  CHECK(map(loaded) == map(expected));

  DenseParameterization<T> merged("merged", expected);
  Tape<T> tape;
  const Variable<T> x = tape.constant(random_matrix<T>(3, inputs, 2));
  CHECK(difference<T>(linear(trained.products(x)).value(), linear(merged.products(x)).value()) < rounding<T>);
}
