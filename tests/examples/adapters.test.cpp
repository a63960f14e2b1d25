// SPDX-License-Identifier: MIT
/// @file
/// A model that switches between adapters computes what each computes alone, whichever widths they adapt.
#include <ampsft/core/random.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/switched_model.hpp"

using namespace ampsft;
using namespace example;

namespace {

Transformer<float> tiny_model() {
  return Transformer<float>(
      {.vocabulary = 11, .context = 12, .hidden_size = 8, .layers = 2, .heads = 2, .intermediate_size = 12}, 3);
}

Matrix<float> logits_of(Transformer<float>& model) {
  Tape<float> tape(TapeMode::inference);
  const std::vector<std::int32_t> tokens{1, 4, 2, 8, 5, 7};
  return model.logits(model.hidden(tape, tokens, 1)).value();
}

double distance(const Matrix<float>& a, const Matrix<float>& b) {
  return static_cast<double>((map(a) - map(b)).cwiseAbs().maxCoeff());
}

struct Trained {
  ScoreAdapter<float> adapter;
  Matrix<float> logits;
};

/// An adapter of the matching weights as a training leaves it: with the bases of their widths alone.
Trained train(const std::string& pattern, std::uint64_t seed, std::uint64_t basis_seed = 1) {
  Transformer<float> model = tiny_model();
  BasisSet<float> bases;
  for (const Index width : {8, 12}) {
    bases.insert(UniversalBasis<float>::random(width, 3, basis_seed));
  }
  Random random(seed);
  for (auto* leaf : attach_scores(model.weights(), bases, ScoreForm::exact_start, {.patterns = {pattern}})) {
    fill_normal(leaf->value, 0.5, random);
  }
  return {take_adapter(model.weights()), logits_of(model)};
}

}  // namespace

TEST_CASE("adapters of partly different widths switch in one model") {
  const Trained narrow = train("*.mlp.up.weight", 1);  // width 8
  const Trained wide = train("*.mlp.down.weight", 2);  // width 12
  const Trained both = train("*.mlp.*.weight", 3);
  REQUIRE(narrow.adapter.bases.size() == 1);
  REQUIRE(wide.adapter.bases.size() == 1);
  REQUIRE(both.adapter.bases.size() == 2);
  Transformer<float> model = tiny_model();
  const auto base = logits_of(model);
  SwitchedModel switched({{"narrow", narrow.adapter}, {"wide", wide.adapter}, {"both", both.adapter}}, model);
  CHECK(switched.current() == "none");
  CHECK(distance(logits_of(model), base) < 1e-5);
  const std::vector<std::pair<std::string, const Matrix<float>*>> expected{
      {"wide", &wide.logits}, {"narrow", &narrow.logits}, {"both", &both.logits}, {"none", &base}};
  for (const auto& [name, logits] : expected) {
    INFO(name);
    switched.use(name);
    CHECK(switched.current() == name);
    CHECK(distance(logits_of(model), *logits) < 1e-5);
    CHECK((name == "none" || distance(*logits, base) > 1e-2));
  }
  CHECK_THROWS_WITH(switched.use("other"), ContainsSubstring("other"));
}

TEST_CASE("adapters over different bases of a width are refused by their names") {
  Transformer<float> model = tiny_model();
  const auto before = logits_of(model);
  const Trained narrow = train("*.mlp.up.weight", 1);
  const Trained wide = train("*.mlp.down.weight", 2, 9);  // of another basis, but also of another width
  const Trained apart = train("*.mlp.*.weight", 3, 9);
  CHECK_THROWS_WITH(
      SwitchedModel({{"wide", wide.adapter}, {"narrow", narrow.adapter}, {"apart", apart.adapter}}, model),
      ContainsSubstring("narrow and apart have different bases of width 8"));
  // the same matrices, so nothing but their bases tells them apart
  CHECK_THROWS_WITH(SwitchedModel({{"a", narrow.adapter}, {"b", train("*.mlp.up.weight", 1, 9).adapter}}, model),
                    ContainsSubstring("a and b have different bases of width 8"));
  CHECK(distance(logits_of(model), before) == 0.0);
  SwitchedModel good({{"wide", wide.adapter}, {"narrow", narrow.adapter}}, model);
  good.use("wide");
  CHECK(distance(logits_of(model), wide.logits) < 1e-5);
}
