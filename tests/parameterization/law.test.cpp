// SPDX-License-Identifier: MIT
/// @file
/// The laws of values that every parameterisation keeps, whatever stands behind it.
#include <ampsft/io/safetensors.hpp>
#include <ampsft/model/parameter_file.hpp>

#include <algorithm>

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
  for_each_base<TestType>([&](const FrozenBase<T>& base, Route route) {
    P p = TestType::make_moved(base, route);
    CHECK(p.rows() == outputs);
    CHECK(p.cols() == base.cols());
    const Matrix<T> weight = p.materialize();
    for (const Index tokens : {1, 7}) {
      const Matrix<T> x = random_matrix<T>(tokens, base.cols(), 2);
      Tape<T> tape;
      const Matrix<T> expected = make_matrix(map(x) * map(weight).transpose());
      CHECK(difference<T>(linear(p.products(tape.constant(x))).value(), expected) < rounding<T>);
      const Matrix<T> shifted = make_matrix(map(expected).rowwise() + map(bias).row(0));
      CHECK(difference<T>(linear(p.products(tape.constant(x)), tape.constant(bias)).value(), shifted) < rounding<T>);
    }
  });
}

TEMPLATE_LIST_TEST_CASE("gather gives rows of the materialised weight", "[parameterization]", AllCases) {
  using T = typename TestType::P::scalar;
  const Rows row{5, 0, 5, 3};
  for_each_base<TestType>([&](const FrozenBase<T>& base, Route route) {
    auto p = TestType::make_moved(base, route);
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
  });
}

TEMPLATE_LIST_TEST_CASE("a weight starts at its source, and has moved away where the laws are tested",
                        "[parameterization]", AllCases) {
  using T = typename TestType::P::scalar;
  for_each_base<TestType>([&](const FrozenBase<T>& base, Route route) {
    const Matrix<T> source = base.dequantized();
    auto p = TestType::make(base, route);
    const Matrix<T> start = p.materialize();
    if constexpr (TestType::starts_at_source) {
      CHECK(map(start) == map(source));  // bit for bit
    } else {
      const auto basis = some_basis<T>(base.cols());
      const Matrix<T> scores = basis->scores(map(source));
      const Matrix<T> nearest = basis->reconstruct(map(scores));
      CHECK(map(start) == map(nearest));
      // What is lost is what no direction of the basis sees.
      const Matrix<T> residual = make_matrix(map(source) - map(start));
      CHECK(map(residual).norm() > T(0.1));
      CHECK(difference<T>(basis->project(map(residual)), make_matrix<T>(outputs, rank, T{0})) < rounding<T>);
    }
    const Matrix<T> moved = TestType::make_moved(base, route).materialize();
    CHECK((map(moved) == map(start)) == (!p.is_adapted() && p.leaves().empty()));
  });
}

TEMPLATE_LIST_TEST_CASE("the leaves are as many as the formula says, and named", "[parameterization]", AllCases) {
  using T = typename TestType::P::scalar;
  for_each_base<TestType>([&](const FrozenBase<T>& base, Route route) {
    auto p = TestType::make(base, route);
    Index count = 0;
    for (const auto* leaf : p.leaves()) {
      count += leaf->size();
      CHECK(leaf->trainable);
      CHECK(leaf->decays);
      CHECK(leaf->name.starts_with("w"));
    }
    CHECK(count == TestType::leaf_elements(base.cols()));
    CHECK(p.buffers().size() == TestType::buffers);
    CHECK_FALSE(p.kind().empty());
  });
}

TEMPLATE_LIST_TEST_CASE("the base is what was adapted, or the weight itself, without a copy", "[parameterization]",
                        AllCases) {
  using T = typename TestType::P::scalar;
  for_each_base<TestType>([&](const FrozenBase<T>& source, Route route) {
    auto p = TestType::make_moved(source, route);
    CHECK(p.is_adapted() == TestType::is_adapted);
    const FrozenBase<T> base = p.base();
    const auto identity = [](const FrozenBase<T>& one) { return one.named("").identity(); };
    const auto buffers = p.buffers();
    const bool is_frozen = base && std::any_of(buffers.begin(), buffers.end(), [&](const NamedBuffer<T>& buffer) {
                             return buffer.identity() == identity(base);
                           });
    if (p.is_adapted()) {
      CHECK((!base || identity(base) == identity(source)));
      CHECK(is_frozen == static_cast<bool>(base));
      CHECK(TestType::starts_at_source == static_cast<bool>(base));  // else there is nothing to start at
    } else {
      REQUIRE(base);
      const Matrix<T> own = base.dequantized();
      const Matrix<T> weight = p.materialize();
      CHECK(map(own) == map(weight));
      CHECK(is_frozen == p.leaves().empty());
      if (!p.leaves().empty()) {
        REQUIRE(p.leaves().size() == 1);
        CHECK(base.matrix().get() == &p.leaves().front()->value);
      }
    }
  });
}

TEMPLATE_LIST_TEST_CASE("leaves come back from a file, and the merged weight computes the same", "[parameterization]",
                        AllCases) {
  using T = typename TestType::P::scalar;
  for_each_base<TestType>([&](const FrozenBase<T>& base, Route route) {
    auto trained = TestType::make_moved(base, route);
    const auto expected = trained.materialize();
    if (!trained.leaves().empty()) {
      auto fresh = TestType::make(base, route);
      const testing::TemporaryFolder folder;
      save_parameters(folder.path() / "leaves.safetensors", trained.leaves());
      load_parameters(SafetensorsFile(folder.path() / "leaves.safetensors"), fresh.leaves());
      const auto loaded = fresh.materialize();
      CHECK(map(loaded) == map(expected));
    }
    DenseParameterization<T> merged("merged", expected);
    Tape<T> tape;
    const Variable<T> x = tape.constant(random_matrix<T>(3, base.cols(), 2));
    CHECK(difference<T>(linear(trained.products(x)).value(), linear(merged.products(x)).value()) < rounding<T>);
  });
}
