// SPDX-License-Identifier: MIT
/// @file
/// What of a model is trained: scores, LoRA factors, or everything.
#pragma once

#include <ampsft/core/dtype.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/parameterization/score_form.hpp>

#include <string>
#include <variant>
#include <vector>

namespace ampsft {

/// Trains `rank` scores for each row of the targets over a frozen basis that all matrices of a width share.
struct Scores {
  Index rank = 8;
  ScoreForm form = ScoreForm::exact_start;
  /// Where the bases come from: "activations" or "gradients" of the training records, "weights", "random", or the file
  /// of an adapter or of bases. Empty: activations; for the truncated form weights, which its scores must hold.
  std::string basis = {};
  Index basis_batches = 2;  ///< batches that are read for activations or gradients
  /// "linear" (the matrices of all layers), "embeddings", "head", or patterns of weight names.
  std::vector<std::string> targets = {"linear"};
  DType stored = DType::bf16;  ///< the adapter's numbers, in the file and in memory: BF16 or F32
};

/// Trains two factors for each target: `W = W0 + alpha / rank L A` (Hu et al. 2021).
struct Lora {
  Index rank = 8;
  double alpha = 16.0;
  std::vector<std::string> targets = {"linear"};  ///< as those of `Scores`
  DType stored = DType::f32;                      ///< the adapter's numbers, in the folder and in memory: BF16 or F32
};

/// Trains all numbers of a model: weights, gains and biases.
///
/// Needs the weights in float. A model that lies in memory in another form is read again: 4 bytes a number, and 12 more
/// for gradients and moments (4 more for the best weights where there is validation). It is saved as a folder, never
/// quantised again.
struct Full {
  DType stored = DType::f32;  ///< the weights, in the folder and, once they are trained, in memory: BF16 or F32
};

using Method = std::variant<Scores, Lora, Full>;

/// "scores", "lora" or "full".
[[nodiscard]] inline const char* method_name(const Method& method) noexcept {
  constexpr const char* names[] = {"scores", "lora", "full"};
  return names[method.index()];
}

}  // namespace ampsft
