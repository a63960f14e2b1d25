// SPDX-License-Identifier: MIT
/// @file
/// Row stacks: what joins, what counts, and errors that name the matrix.
#include <ampsft/basis/row_stack.hpp>

#include <limits>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using ampsft::test::normal_matrix;

namespace {

template <class T>
RowBlock<T> named(const std::string& name, const Matrix<T>& matrix) {
  return {name, map(matrix)};
}

}  // namespace

TEMPLATE_TEST_CASE("a stack counts its rows, a tied matrix as often as it is added", "", float, double) {
  const auto embedding = normal_matrix<TestType>(10, 4, 1);
  const auto query = normal_matrix<TestType>(3, 4, 2);
  RowStack<TestType> stack;
  CHECK(stack.width() == 0);
  CHECK(stack.rows() == 0);
  stack.add(named("embedding", embedding));
  stack.add(named("query", query));
  stack.add(named("head", embedding));
  CHECK(stack.width() == 4);
  CHECK(stack.rows() == 23);
  REQUIRE(stack.blocks().size() == 3);
  CHECK(stack.blocks()[2].name() == "head");
  Matrix<TestType> unused;
  CHECK(stack.blocks()[2].read(0, 10, unused).data() == embedding.data());
}

TEST_CASE("matrices are stacked by ascending width in their order") {
  const auto narrow = normal_matrix<float>(5, 3, 1);
  const auto wide = normal_matrix<float>(2, 8, 1);
  const auto also_narrow = normal_matrix<float>(4, 3, 1);
  const auto stacks = stack_by_width<float>({named("w", wide), named("b", narrow), named("a", also_narrow)});
  REQUIRE(stacks.size() == 2);
  CHECK(stacks[0].width() == 3);
  CHECK(stacks[0].rows() == 9);
  CHECK(stacks[0].blocks()[0].name() == "b");
  CHECK(stacks[0].blocks()[1].name() == "a");
  CHECK(stacks[1].width() == 8);
  CHECK(stacks[1].rows() == 2);
  CHECK(stack_by_width<float>({}).empty());
}

TEST_CASE("what does not fit is refused by name") {
  const auto first = normal_matrix<float>(5, 3, 1);
  const auto other = normal_matrix<float>(5, 4, 1);
  RowStack<float> stack;
  stack.add(named("first", first));
  CHECK_THROWS_WITH(stack.add(named("other", other)), ContainsSubstring("'first'") && ContainsSubstring("'other'") &&
                                                          ContainsSubstring("width 3") && ContainsSubstring("width 4"));
  CHECK_THROWS_WITH(stack.add({"none", ConstMatrixMap<float>(first.data(), 0, 3)}), ContainsSubstring("'none'"));
  CHECK(stack.rows() == 5);
}

TEMPLATE_TEST_CASE("a number that is not finite is found by matrix and row", "", float, double) {
  const auto good = normal_matrix<TestType>(6, 3, 1);
  auto bad = good;
  RowStack<TestType> stack;
  stack.add(named("good", good));
  stack.add(named("bad", bad));
  CHECK_NOTHROW(stack.require_finite());
  for (const TestType value : {std::numeric_limits<TestType>::quiet_NaN(), std::numeric_limits<TestType>::infinity(),
                               -std::numeric_limits<TestType>::infinity()}) {
    bad(4, 2) = value;
    CHECK_THROWS_WITH(stack.require_finite(), ContainsSubstring("'bad'") && ContainsSubstring("row 4"));
  }
  bad(4, 2) = std::numeric_limits<TestType>::max();
  CHECK_NOTHROW(stack.require_finite());
}
