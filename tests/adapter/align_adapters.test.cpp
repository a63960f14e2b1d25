// SPDX-License-Identifier: MIT
/// @file
/// Adapters that were made alike compute what each computes alone, whichever widths they adapt.
#include <ampsft/adapter/align_adapters.hpp>
#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

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

TEST_CASE("adapters of partly different widths become variants of one model") {
  const std::vector<Trained> all{train("*.mlp.up.weight", 1),    // width 8
                                 train("*.mlp.down.weight", 2),  // width 12
                                 train("*.mlp.*.weight", 3)};
  std::vector<ScoreAdapter<float>> adapters;
  for (const Trained& one : all) {
    adapters.push_back(one.adapter);
  }
  REQUIRE(adapters[0].bases.size() == 1);
  REQUIRE(adapters[1].bases.size() == 1);
  REQUIRE(adapters[2].bases.size() == 2);
  align_adapters(adapters);
  VariantStore<float> store(adapters.front());
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    CHECK(adapters[i].bases == adapters.front().bases);
    store.add(std::to_string(i), adapters[i]);
  }
  Transformer<float> model = tiny_model();
  const auto base = logits_of(model);
  const auto selection = attach_variants(store, model.weights());
  CHECK(distance(logits_of(model), base) < 1e-5);
  for (const std::size_t i : {1, 0, 2}) {
    selection->use(store.find(std::to_string(i)));
    CHECK(distance(logits_of(model), all[i].logits) < 1e-5);
    CHECK(distance(all[i].logits, base) > 1e-2);
  }
}

TEST_CASE("adapters that cannot be made alike are told and refused, unchanged") {
  const auto narrow = train("*.mlp.up.weight", 1).adapter;
  const auto wide = train("*.mlp.down.weight", 2, 9).adapter;  // of another basis, but also of another width
  const auto apart = train("*.mlp.*.weight", 3, 9).adapter;
  CHECK(can_align(narrow, wide));
  CHECK(can_align(wide, apart));
  CHECK_FALSE(can_align(narrow, apart));
  std::vector<ScoreAdapter<float>> adapters{wide, narrow, apart};
  CHECK_THROWS_WITH(align_adapters(adapters), ContainsSubstring("numbers 1 and 2"));
  CHECK(adapters[1].matrices.size() == narrow.matrices.size());

  auto other_base = narrow;
  other_base.base = "0123456789abcdef";
  CHECK_FALSE(can_align(narrow, other_base));
  auto truncated = narrow;
  truncated.form = ScoreForm::truncated;
  CHECK_FALSE(can_align(narrow, truncated));
  auto tied = narrow;  // as if two weights shared scores
  tied.matrices.front().weights.push_back(tied.matrices.back().weights.front());
  tied.matrices.pop_back();
  CHECK_FALSE(can_align(narrow, tied));
  CHECK_FALSE(can_align(tied, narrow));
}
