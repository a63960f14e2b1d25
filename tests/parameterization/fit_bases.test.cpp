// SPDX-License-Identifier: MIT
/// @file
/// From weights to one basis for each input width.
#include <ampsft/parameterization/fit_bases.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Model {
  Weight<double> embedding{"embedding", random_matrix<double>(9, 4, 1)};
  Weight<double> up{"up", random_matrix<double>(6, 4, 2)};
  Weight<double> down{"down", random_matrix<double>(4, 6, 3)};
  Weight<double> head = embedding.tied("head");

  [[nodiscard]] WeightList<double> weights() { return {&embedding, &up, &down, &head}; }
};

}  // namespace

TEST_CASE("weights are stacked by width, a tied one twice", "[parameterization]") {
  Model model;
  const auto stacks = stack_weights(model.weights());
  REQUIRE(stacks.size() == 2);
  CHECK(stacks[0].width() == 4);
  CHECK(stacks[0].rows() == 9 + 6 + 9);
  CHECK(stacks[1].width() == 6);
  CHECK(stacks[1].rows() == 4);
  CHECK(stacks[0].blocks()[2].name() == "head");
  Matrix<double> unused;
  CHECK(stacks[0].blocks()[0].read(0, 9, unused).data() == model.embedding.dense()->data());  // views
  CHECK(stack_weights(model.weights(), {"up", "embedding"}).front().rows() == 15);
}

TEST_CASE("each width gets the basis of its stack", "[parameterization]") {
  Model model;
  const auto bases = fit_bases(model.weights(), SvdOptions{.rank = 2});
  REQUIRE(bases.size() == 2);
  const auto stacks = stack_weights(model.weights());
  for (const auto& stack : stacks) {
    const auto expected = UniversalBasis<double>::fit(stack, {.rank = 2});
    const auto& basis = *bases.at(stack.width());
    CHECK(difference<double>(basis.components(), expected.components()) < 1e-9);
    CHECK(difference<double>(basis.mean(), expected.mean()) < 1e-12);
  }
}

TEST_CASE("bases are fitted to dense weights that exist, at a rank that fits", "[parameterization]") {
  Model model;
  CHECK_THROWS_WITH(fit_bases(model.weights(), SvdOptions{}, {"q"}), ContainsSubstring("'q'"));
  CHECK_THROWS_AS(fit_bases(model.weights(), SvdOptions{.rank = 5}), Error);
  attach_scores(model.weights(), fit_bases(model.weights(), SvdOptions{.rank = 2}), ScoreForm::exact_start,
                {.patterns = {"up"}});
  CHECK_THROWS_WITH(stack_weights(model.weights()), ContainsSubstring("up is parameterised as score (exact start)"));
}
