// SPDX-License-Identifier: MIT
/// @file
/// The embedding lookup.
#include <ampsft/autograd/ops/gather.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

using Rows = std::vector<std::int32_t>;

namespace {

template <class T>
Variable<T> gather_rows(Variable<T> w, const Rows& row) {
  return gather(w, std::span<const std::int32_t>(row));
}

}  // namespace

TEMPLATE_TEST_CASE("gather copies rows", "[autograd]", float, double) {
  const Matrix<TestType> w = random_matrix<TestType>(5, 3, 1);
  const Rows row{4, 0, 4, 2};
  Tape<TestType> tape;
  const auto y = gather_rows(tape.constant(w), row);
  REQUIRE(y.rows() == 4);
  for (std::size_t t = 0; t < row.size(); ++t) {
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(y.value()(t, j) == w(static_cast<std::size_t>(row[t]), j));
    }
  }
}

TEST_CASE("gather has the gradients of finite differences, repeated rows and none", "[autograd]") {
  auto w = random_parameter<double>("w", 5, 3, 1);
  for (const Rows& row : {Rows{0}, Rows{4, 0, 4, 2, 4}, Rows{1, 1, 1}}) {
    require_right_gradients([&](auto& tape) { return probe(gather_rows(tape.leaf(w), row)); }, {&w});
  }
  Tape<double> tape;
  tape.backward(probe(gather_rows(tape.leaf(w), {1, 1})));
  CHECK((map(w.gradient).row(0).array() == 0.0).all());  // rows that nothing read
}

TEST_CASE("two lookups in one matrix add their gradients", "[autograd]") {
  auto w = random_parameter<double>("w", 4, 2, 1);
  Tape<double> tape;
  const auto both = gather_rows(tape.leaf(w), {0, 1});
  tape.backward(probe(gather_rows(both, {1, 1, 0})));
  const Matrix<double> once = w.gradient;
  tape.clear();
  tape.backward(probe(gather_rows(tape.leaf(w), {1, 1, 0})));
  CHECK(map(w.gradient) == 2.0 * map(once));
}

TEST_CASE("gather refuses rows that are not there", "[autograd]") {
  Tape<float> tape;
  const auto w = tape.constant(make_matrix<float>(5, 3, 0.0F));
  CHECK_THROWS_WITH(gather_rows(w, {0, 5}), ContainsSubstring("no row 5") && ContainsSubstring("5 rows"));
  CHECK_THROWS_WITH(gather_rows(w, {-1}), ContainsSubstring("no row -1"));
}
