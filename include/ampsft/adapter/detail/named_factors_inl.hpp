// SPDX-License-Identifier: MIT
/// @file
/// Bodies of named_factors.hpp.
#pragma once

#include <ampsft/adapter/named_factors.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/lora.hpp>

#include <string>
#include <vector>

namespace ampsft {

template <Scalar T>
std::vector<NamedFactors<T>> factors_of(const ScoreAdapter<T>& adapter) {
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

AMPSFT_INSTANCE(std::vector<NamedFactors<float>> factors_of(const ScoreAdapter<float>& adapter));
AMPSFT_INSTANCE(std::vector<NamedFactors<double>> factors_of(const ScoreAdapter<double>& adapter));

}  // namespace ampsft
