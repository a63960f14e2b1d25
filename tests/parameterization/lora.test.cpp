// SPDX-License-Identifier: MIT
/// @file
/// What only LoRA has: its start, its scale and its limits.
#include <ampsft/parameterization/lora.hpp>

#include "parameterization/cases.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

LoraParameterization<double> make(const LoraOptions& options) {
  return {"w", source_weight<double>(), options};
}

}  // namespace

TEST_CASE("LoRA starts with a bounded A and a zero B", "[parameterization]") {
  auto p = make({.rank = 4, .seed = 3});
  const auto leaves = p.leaves();
  CHECK(leaves[0]->name == "w.lora_A");
  CHECK(leaves[1]->name == "w.lora_B");
  CHECK(rows(leaves[0]->value) == 4);
  CHECK(cols(leaves[0]->value) == inputs);
  CHECK(rows(leaves[1]->value) == outputs);
  CHECK(flat(leaves[0]->value).abs().maxCoeff() <= 1.0 / std::sqrt(5.0));
  CHECK(flat(leaves[0]->value).abs().maxCoeff() > 0.2);
  CHECK((flat(leaves[0]->value) < 0.0).any());
  CHECK((flat(leaves[1]->value) == 0.0).all());
}

TEST_CASE("the seed decides A", "[parameterization]") {
  auto p = make({.rank = 4, .seed = 3});
  auto same = make({.rank = 4, .seed = 3});
  auto other = make({.rank = 4, .seed = 4});
  CHECK(map(p.leaves()[0]->value) == map(same.leaves()[0]->value));
  CHECK(map(p.leaves()[0]->value) != map(other.leaves()[0]->value));
}

TEST_CASE("the update is scaled by alpha over rank", "[parameterization]") {
  const auto source = source_weight<double>();
  for (const auto& [alpha, scale] : {std::pair{0.0, 1.0}, {2.0, 1.0}, {6.0, 3.0}}) {
    auto p = make({.rank = 2, .alpha = alpha});
    const auto leaves = p.leaves();
    leaves[1]->value = random_matrix<double>(outputs, 2, 4);
    const Matrix<double> weight = p.materialize();
    const Matrix<double> expected = make_matrix(map(*source) + scale * map(leaves[1]->value) * map(leaves[0]->value));
    CHECK(difference<double>(weight, expected) < rounding<double>);
  }
}

TEST_CASE("LoRA refuses ranks and alphas that cannot be", "[parameterization]") {
  CHECK_NOTHROW(make({.rank = 5}));
  CHECK_THROWS_WITH(make({.rank = 6}), ContainsSubstring("rank 6") && ContainsSubstring("[1, 5]"));
  CHECK_THROWS_AS(make({.rank = 0}), Error);
  CHECK_THROWS_AS(make({.rank = -1}), Error);
  CHECK_THROWS_WITH(make({.rank = 2, .alpha = -1.0}), ContainsSubstring("alpha"));
}
