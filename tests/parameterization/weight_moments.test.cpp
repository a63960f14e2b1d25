// SPDX-License-Identifier: MIT
/// @file
/// Moments of weights in any form against the bases of the same weights where they are dense.
#include <ampsft/linalg/truncated_svd.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/parameterization/weight_moments.hpp>

#include <limits>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Model {
  Weight<float> embedding{"embedding", random_matrix<float>(900, 24, 1)};
  Weight<float> up{"up", random_matrix<float>(60, 24, 2)};
  Weight<float> down{"down", random_matrix<float>(24, 60, 3)};
  Weight<float> head = embedding.tied("head");

  [[nodiscard]] WeightList<float> weights() { return {&embedding, &up, &down, &head}; }
};

}  // namespace

TEST_CASE("moments of weights give the bases that their dense rows give", "[parameterization]") {
  Model model;
  const auto moments = weight_moments(model.weights());
  REQUIRE(moments.size() == 2);
  CHECK(moments.at(24).count() == 900 + 60 + 900);
  CHECK(moments.at(60).count() == 24);
  CHECK(weight_moments(model.weights(), {"down"}).size() == 1);
  for (const auto& [width, basis] : fit_bases(model.weights(), SvdOptions{.rank = 3})) {
    const auto own = UniversalBasis<float>::from_svd(truncated_svd(moments.at(width), 3), "weights");
    CHECK(difference<float>(own.components(), basis->components()) < 1e-4F);
    CHECK(difference<float>(own.mean(), basis->mean()) < 1e-6F);
  }
}

TEST_CASE("frozen weights give the moments of what they were rounded to", "[parameterization]") {
  Model model;
  keep_in_bf16(model.weights());
  Model rounded;
  for (auto* weight : {&rounded.embedding, &rounded.up, &rounded.down}) {
    const auto* other = weight == &rounded.embedding ? &model.embedding
                        : weight == &rounded.up      ? &model.up
                                                     : &model.down;
    weight->leaves().front()->value = other->base().dequantized();
  }
  const auto frozen = weight_moments(model.weights());
  const auto dense = weight_moments(rounded.weights());
  for (const Index width : {24, 60}) {
    CHECK(frozen.at(width).count() == dense.at(width).count());
    CHECK(map(frozen.at(width).mean()) == map(dense.at(width).mean()));
    CHECK(frozen.at(width).raw_energy() == dense.at(width).raw_energy());
  }
}

TEST_CASE("weights with scores, or that are not finite, have no moments", "[parameterization]") {
  Model model;
  model.up.leaves().front()->value(3, 4) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(weight_moments(model.weights()), ContainsSubstring("up holds"));
  CHECK_THROWS_WITH(weight_moments(model.weights(), {"q"}), ContainsSubstring("'q'"));
  attach_scores(model.weights(), fit_bases(model.weights(), SvdOptions{.rank = 2}, {"down"}), ScoreForm::exact_start,
                {.patterns = {"down"}});
  CHECK_THROWS_WITH(weight_moments(model.weights(), {"down"}), ContainsSubstring("score"));
}
