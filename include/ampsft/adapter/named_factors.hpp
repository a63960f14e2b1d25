// SPDX-License-Identifier: MIT
/// @file
/// Low-rank changes of weights by name: what scores and LoRA have in common when they leave for other tools.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/parameterization/lora.hpp>

#include <string>
#include <vector>

namespace ampsft {

/// The change `scale L A` of one weight.
template <Scalar T>
struct NamedFactors {
  std::string weight;
  LoraFactors<T> factors;
};

/// Scores as factors: `A` is the basis, `L` the scores, the scale is 1. Weights that share scores get a copy each.
///
/// Throws `Error` for a truncated adapter, whose weights are no sum with the base's. Memory: the adapter, and a basis
/// for each weight.
template <Scalar T>
[[nodiscard]] std::vector<NamedFactors<T>> factors_of(const ScoreAdapter<T>& adapter) {
  require(adapter.form == ScoreForm::exact_start, "a truncated adapter cannot be exported as factors: its weights are ",
          "not the base's plus something of low rank; export the merged model");
  std::vector<NamedFactors<T>> factors;
  for (const auto& matrix : adapter.matrices) {
    for (const auto& name : matrix.weights) {
      factors.push_back({name, {.a = adapter.basis(matrix)->components(), .l = matrix.scores, .scale = 1.0}});
    }
  }
  return factors;
}

}  // namespace ampsft
