// SPDX-License-Identifier: MIT
/// @file
/// The weights of small models with pretrained models' names, adapted by random scores.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace ampsft::test {

inline ModelConfig small(bool gpt2, bool tied) {
  ModelConfig config{.family = gpt2 ? "gpt2" : "llama"};
  config.vocabulary = 10;
  config.context = 16;
  config.hidden_size = 8;
  config.layers = 1;
  config.heads = 2;
  config.kv_heads = gpt2 ? 2 : 1;
  config.head_dim = 4;
  config.intermediate_size = 12;
  config.tied_head = tied;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  if (!gpt2) {
    config.layers[0] = {.rope = RopeConfig{}, .gated = true, .activation = Activation::silu};
    config.learned_positions = false;
    config.norm = NormKind::rms;
  }
  return config;
}

/// The weights of such a model with random scores over bases of ranks 2 and 3.
struct Model {
  std::deque<Weight<float>> all;
  WeightList<float> weights;
  BasisSet<float> bases;
  std::vector<Matrix<float>> before;
  ScoreAdapter<float> adapter;

  explicit Model(const ModelConfig& config, std::vector<std::string> patterns = {"*"}) {
    Random random(1);
    for (const auto& source : tensor_sources(config, TensorNaming::gguf)) {
      if (source.shape.size() == 2 && source.name != "position_embedding.weight") {
        Matrix<float> values = make_matrix<float>(source.shape[0], source.shape[1]);
        fill_normal(values, 1.0, random);
        all.emplace_back(source.name, std::move(values));
      }
    }
    if (config.tied_head) {
      all.push_back(all.front().tied("lm_head.weight"));
    }
    for (auto& weight : all) {
      weights.push_back(&weight);
      before.push_back(weight.materialize());
    }
    for (const Index width : {8, 12}) {
      bases.insert(UniversalBasis<float>::random(width, width / 4, 1));
    }
    for (auto* leaf : attach_scores(weights, bases, ScoreForm::exact_start, {.patterns = std::move(patterns)})) {
      fill_normal(leaf->value, 1.0, random);
    }
    adapter = take_adapter(weights);
  }

  [[nodiscard]] Matrix<float> change(const std::string& name) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].name() == name) {
        Matrix<float> after = all[i].materialize();
        map(after) -= map(before[i]);
        return after;
      }
    }
    FAIL("no weight " << name);
    return {};
  }
};

inline double distance(const Matrix<float>& a, const EigenMatrix<float>& b) {
  return static_cast<double>((map(a) - b).cwiseAbs().maxCoeff());
}

}  // namespace ampsft::test
