// SPDX-License-Identifier: MIT
/// @file
/// A sum of LoRA adapters changes each weight by the sum of the changes.
#include <ampsft/adapter/lora_sum.hpp>
#include <ampsft/core/random.hpp>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

Matrix<double> normal(Index height, Index width, std::uint64_t seed) {
  Random random(seed);
  auto matrix = make_matrix<double>(height, width);
  fill_normal(matrix, 1.0, random);
  return matrix;
}

NamedFactors<double> factors(const std::string& weight, Index rank, double scale, std::uint64_t seed) {
  return {weight, {.a = normal(rank, 5, seed), .l = normal(7, rank, seed + 100), .scale = scale}};
}

EigenMatrix<double> change(const LoraAdapter<double>& adapter, const std::string& weight) {
  EigenMatrix<double> sum = EigenMatrix<double>::Zero(7, 5);
  for (const auto& one : adapter.factors) {
    if (one.weight == weight) {
      sum += one.factors.scale * map(one.factors.l) * map(one.factors.a);
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("a weighted sum of LoRA adapters is that of their changes") {
  LoraAdapter<double> one;
  one.factors = {factors("x", 2, 0.5, 1), factors("y", 1, 2.0, 2)};
  one.base = "base";
  LoraAdapter<double> two;  // of which nobody knows the base
  two.factors = {factors("z", 3, 1.0, 3), factors("x", 3, 1.5, 4)};
  LoraAdapter<double> three = one;
  three.factors.front().factors.l = normal(7, 2, 9);  // over the same A
  const std::vector<WeightedLora<double>> terms{{&one, 2.0}, {&two, -0.5}, {&three, 1.0}};
  const auto sum = weighted_sum<double>(std::span(terms));
  CHECK(sum.base == "base");
  CHECK(sum.weights() == std::vector<std::string>{"x", "y", "z"});
  for (const std::string weight : {"x", "y", "z"}) {
    const EigenMatrix<double> expected = 2.0 * change(one, weight) - 0.5 * change(two, weight) + change(three, weight);
    CHECK((change(sum, weight) - expected).cwiseAbs().maxCoeff() < 1e-12);
  }
  CHECK(rows(sum.factors[1].factors.a) == 1);  // y: the same A twice

  const std::vector<WeightedLora<double>> alone{{&one, 3.0}};
  const auto scaled = weighted_sum<double>(std::span(alone));
  CHECK(scaled.factors.front().factors.l == one.factors.front().factors.l);  // nothing is rounded
  CHECK(scaled.factors.front().factors.scale == 1.5);
}

TEST_CASE("sums of LoRA adapters that do not go together are refused") {
  LoraAdapter<double> one;
  one.factors = {factors("x", 2, 0.5, 1)};
  one.base = "a base";
  LoraAdapter<double> other = one;
  other.base = "another";
  LoraAdapter<double> wider = one;
  wider.factors.front().factors.a = normal(2, 6, 1);
  const auto sum = [](const std::vector<WeightedLora<double>>& terms) {
    return weighted_sum<double>(std::span(terms));
  };
  CHECK_THROWS_WITH(sum({{&one, 1.0}, {&other, 1.0}}), ContainsSubstring("a base and another"));
  CHECK_THROWS_WITH(sum({{&one, 1.0}, {&wider, 1.0}}), ContainsSubstring("7 x 6"));
  CHECK_THROWS_WITH(sum({{&one, std::numeric_limits<double>::infinity()}}), ContainsSubstring("finite"));
  CHECK_THROWS_AS(sum({}), Error);
}
