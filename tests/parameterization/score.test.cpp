// SPDX-License-Identifier: MIT
/// @file
/// What only scores have: a projected backward pass and a product that weights share.
#include <ampsft/autograd/ops/add.hpp>

#include "parameterization/cases.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

constexpr ScoreForm forms[] = {ScoreForm::exact_start, ScoreForm::truncated};

}  // namespace

TEMPLATE_TEST_CASE("backward projects a weight gradient as the materialised route does", "[parameterization]", float,
                   double) {
  using T = TestType;
  const Matrix<T> gradient = random_matrix<T>(outputs, inputs, 8);
  const Matrix<T> identity = make_matrix(EigenMatrix<T>::Identity(inputs, inputs));
  for (const auto form : forms) {
    ScoreParameterization<T> p("w", source_weight<T>(), some_basis<T>(), form, Route::materialized);
    auto& scores = *p.leaves().front();
    Tape<T> tape;  // y = I W', so the gradient of y is that of W'
    tape.backward(weighted_sum(linear(p.products(tape.constant(identity))), make_matrix(map(gradient).transpose())));
    const Matrix<T> expected = scores.gradient;
    scores.clear_gradient();
    p.backward(gradient);
    CHECK(scores.has_gradient);
    CHECK(difference<T>(scores.gradient, expected) < rounding<T>);
    p.backward(gradient);
    CHECK(difference<T>(scores.gradient, make_matrix(T{2} * map(expected))) < rounding<T>);
    CHECK_THROWS_WITH(p.backward(make_matrix<T>(outputs, inputs + 1, T{0})), ContainsSubstring("6 x 5, not 6 x 6"));
  }
}

TEST_CASE("weights that read the same input share its product with the basis", "[parameterization]") {
  const auto basis = some_basis<double>();
  auto x = random_parameter<double>("x", 4, inputs, 2);
  for (const auto form : forms) {
    ScoreParameterization<double> q("q", source_weight<double>(1), basis, form);
    ScoreParameterization<double> k("k", source_weight<double>(2), basis, form);
    ScoreParameterization<double> alone("k", source_weight<double>(2), some_basis<double>(), form);
    Tape<double> tape;
    const auto first = linear(q.products(tape.leaf(x)));
    const auto second = linear(k.products(tape.leaf(x)));
    const auto third = linear(alone.products(tape.leaf(x)));
    // Beside its product, a second weight brings its scores and its frozen matrix onto the tape, but no x B'.
    CHECK(second.id() - first.id() == 3);
    CHECK(third.id() - second.id() > 3);  // another basis: nothing to share
    CHECK(second.map() == third.map());

    ParameterList<double> parameters{&x, q.leaves().front(), k.leaves().front()};
    const auto worst = check_gradients<double>(
        [&](auto& pass) {
          return add(probe(linear(q.products(pass.leaf(x)))),
                     weighted_sum(linear(k.products(pass.leaf(x))), random_matrix<double>(4, outputs, 9)));
        },
        parameters);
    CHECK(worst.largest_error < 1e-8);
  }
}

TEST_CASE("the exact-start form keeps its source without a copy, the truncated one drops it", "[parameterization]") {
  auto source = source_weight<float>();
  const ScoreParameterization<float> exact("w", source, some_basis<float>(), ScoreForm::exact_start);
  CHECK(exact.buffers()[1].value == source.get());
  CHECK(exact.buffers()[1].name == "w");
  CHECK(source.use_count() == 2);
  const ScoreParameterization<float> truncated("w", source, some_basis<float>(), ScoreForm::truncated);
  CHECK(source.use_count() == 2);
  CHECK(exact.kind() != truncated.kind());
  CHECK(exact.rank() == rank);
  CHECK(truncated.form() == ScoreForm::truncated);
}

TEST_CASE("the score leaf starts where its form says", "[parameterization]") {
  const auto basis = some_basis<double>();
  ScoreParameterization<double> exact("w", source_weight<double>(), basis, ScoreForm::exact_start);
  CHECK(exact.leaves().front()->name == "w.scores");
  CHECK((map(exact.leaves().front()->value).array() == 0.0).all());
  ScoreParameterization<double> truncated("w", source_weight<double>(), basis, ScoreForm::truncated);
  const Matrix<double> expected = basis->scores(map(*source_weight<double>()));
  CHECK(map(truncated.leaves().front()->value) == map(expected));
}

TEST_CASE("scores refuse a basis of another width", "[parameterization]") {
  const auto narrow = std::make_shared<const UniversalBasis<float>>(UniversalBasis<float>::random(4, 2, 1));
  CHECK_THROWS_WITH(ScoreParameterization<float>("up", source_weight<float>(), narrow, ScoreForm::exact_start),
                    ContainsSubstring("up is 5 wide") && ContainsSubstring("width 4"));
}
