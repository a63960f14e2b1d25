// SPDX-License-Identifier: MIT
/// @file
/// Merging is the same model and comes off exactly; sums and differences of adapters are those of weights.
#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/merge.hpp>
#include <ampsft/parameterization/attach.hpp>

#include "adapter/model.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Dense weights by list position.
std::vector<Matrix<double>> dense(Transformer<double>& model) {
  std::vector<Matrix<double>> all;
  for (const auto* weight : model.weights()) {
    all.push_back(weight->materialize());
  }
  return all;
}

std::vector<Matrix<double>> dense_with(const ScoreAdapter<double>& adapter) {
  Transformer<double> model(tiny::config(), 3);
  attach_adapter(adapter, model.weights());
  return dense(model);
}

}  // namespace

TEST_CASE("a merged model is dense and computes the same; unmerged and detached it is the very base") {
  const auto tied = GENERATE(Tied::shared, Tied::separate);
  Transformer<double> untouched(tiny::config(), 3);
  Tuned<double> tuned({.patterns = {"*"}, .tied = tied});
  const auto with_scores = logits_of(tuned.model);
  REQUIRE(distance(with_scores, tuned.before) > 0.01);
  const std::string base = base_hash(tuned.model.weights());

  auto merged = merge(tuned.model.weights());
  for (const auto* weight : tuned.model.weights()) {
    CHECK_FALSE(weight->is_adapted());
    CHECK(weight->own_parameter() != nullptr);
  }
  CHECK(distance(logits_of(tuned.model), with_scores) < 1e-12);
  CHECK(tuned.model.weights().front()->is_tied_to(*tuned.model.weights().back()) == (tied == Tied::shared));

  merged.unmerge();
  CHECK(same(logits_of(tuned.model), with_scores));
  detach(tuned.model.weights());
  CHECK(same(logits_of(tuned.model), tuned.before));
  CHECK(base_hash(tuned.model.weights()) == base);
  const auto expected = dense(untouched);
  const auto actual = dense(tuned.model);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(same(actual[i], expected[i]));
  }
  CHECK(tuned.model.weights().front()->is_tied_to(*tuned.model.weights().back()));
}

TEST_CASE("scaling and summing adapters scales and sums the changes of the weights") {
  Transformer<double> base(tiny::config(), 3);
  Tuned<double> one;
  Tuned<double> two({.patterns = {"blocks.*"}}, ScoreForm::exact_start, 6);
  const auto a = take_adapter(one.model.weights());
  auto b = take_adapter(two.model.weights());
  const std::vector<WeightedAdapter<double>> products{{&a, 0.5}, {&b, -2.0}};
  const auto w0 = dense(base);
  const auto wa = dense(one.model);
  const auto wb = dense(two.model);
  const auto sum = dense_with(weighted_sum<double>(products));
  const auto third = dense_with(scaled(a, 1.0 / 3.0));
  for (std::size_t i = 0; i < w0.size(); ++i) {
    CHECK((map(sum[i]) - (map(w0[i]) + 0.5 * (map(wa[i]) - map(w0[i])) - 2.0 * (map(wb[i]) - map(w0[i]))))
              .cwiseAbs()
              .maxCoeff() < 1e-12);
    CHECK((3.0 * (map(third[i]) - map(w0[i])) - (map(wa[i]) - map(w0[i]))).cwiseAbs().maxCoeff() < 1e-12);
  }
  b.base = "0123456789abcdef";
  CHECK_THROWS_WITH(weighted_sum<double>(products), ContainsSubstring("0123456789abcdef"));
  b = a;
  b.bases.erase(8);
  b.bases.insert(UniversalBasis<double>::random(8, 3, 77));
  CHECK_THROWS_WITH(weighted_sum<double>(products), ContainsSubstring("different bases"));
}

TEST_CASE("adapters of different widths, which bring the bases of their own alone, are summed") {
  Transformer<double> base(tiny::config(), 3);
  Tuned<double> narrow({.patterns = {"*.mlp.up.weight"}});
  Tuned<double> wide({.patterns = {"*.mlp.down.weight"}}, ScoreForm::exact_start, 6);
  const auto a = take_adapter(narrow.model.weights());
  const auto b = take_adapter(wide.model.weights());
  REQUIRE(a.bases.size() == 1);
  REQUIRE(b.bases.size() == 1);
  const std::vector<WeightedAdapter<double>> products{{&a, 2.0}, {&b, 0.5}};
  const auto sum = dense_with(weighted_sum<double>(products));
  const auto w0 = dense(base);
  const auto wa = dense(narrow.model);
  const auto wb = dense(wide.model);
  for (std::size_t i = 0; i < w0.size(); ++i) {
    CHECK((map(sum[i]) - (map(w0[i]) + 2.0 * (map(wa[i]) - map(w0[i])) + 0.5 * (map(wb[i]) - map(w0[i]))))
              .cwiseAbs()
              .maxCoeff() < 1e-12);
  }
}

TEST_CASE("truncated adapters can be averaged and nothing else") {
  Transformer<double> base(tiny::config(), 3);
  const std::string hash = base_hash(base.weights());
  Tuned<double> one({.patterns = {"blocks.*"}}, ScoreForm::truncated, 5);
  Tuned<double> two({.patterns = {"blocks.*"}}, ScoreForm::truncated, 6);
  const auto a = take_adapter(one.model.weights(), hash);
  const auto b = take_adapter(two.model.weights(), hash);
  const std::vector<WeightedAdapter<double>> products{{&a, 0.25}, {&b, 0.75}};
  const auto mean = dense_with(weighted_sum<double>(products));
  const auto wa = dense(one.model);
  const auto wb = dense(two.model);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    CHECK((map(mean[i]) - 0.25 * map(wa[i]) - 0.75 * map(wb[i])).cwiseAbs().maxCoeff() < 1e-12);
  }
  CHECK_THROWS_WITH(scaled(a, 2.0), ContainsSubstring("sum to 1"));
}

TEST_CASE("a difference inside of the basis is found without loss, any other with the loss that it has") {
  Transformer<double> base(tiny::config(), 3);
  Tuned<double> tuned;
  const auto adapter = take_adapter(tuned.model.weights());
  const auto merged = merge(tuned.model.weights());
  const auto inside = project_difference(base.weights(), tuned.model.weights(), tuned.bases);
  REQUIRE(inside.adapter.matrices.size() == adapter.matrices.size());
  for (std::size_t i = 0; i < adapter.matrices.size(); ++i) {
    CHECK(inside.adapter.matrices[i].weights == adapter.matrices[i].weights);
    CHECK(distance(inside.adapter.matrices[i].scores, adapter.matrices[i].scores) < 1e-12);
  }
  CHECK(inside.total().share() < 1e-20);

  Transformer<double> other(tiny::config(), 4);
  const auto outside = project_difference(base.weights(), other.weights(), tuned.bases, {"blocks.0.mlp.up.weight"});
  REQUIRE(outside.energies.size() == 1);
  const auto first = match_weights(base.weights(), {"blocks.0.mlp.up.weight"}).front()->materialize();
  const auto second = match_weights(other.weights(), {"blocks.0.mlp.up.weight"}).front()->materialize();
  const EigenMatrix<double> change = map(second) - map(first);
  const auto& b = tuned.bases.at(8)->components();
  CHECK(outside.energies[0].energy == Approx(change.squaredNorm()));
  CHECK(outside.energies[0].lost == Approx((change - change * map(b).transpose() * map(b)).squaredNorm()));
  CHECK(outside.total().share() > 0.1);
}
