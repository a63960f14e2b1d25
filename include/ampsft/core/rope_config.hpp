// SPDX-License-Identifier: MIT
/// @file
/// What determines the angles of rotary positions.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <cmath>

namespace ampsft {

/// Which two numbers of a head turn together: `j` and `j + width / 2`, or `2 j` and `2 j + 1`. GGUF files of the
/// architecture `llama` have the rows of q and k permuted for the second; all others keep the first.
enum class RopePairing { halves, interleaved };

/// How angles are changed for a context longer than the one the model was first trained on.
enum class RopeScaling { none, linear, llama3, yarn };

/// Rotary positions (Su et al. 2021) and their scaling.
struct RopeConfig {
  double theta = 10000;
  RopePairing pairing = RopePairing::halves;
  RopeScaling scaling = RopeScaling::none;
  double factor = 1;                 ///< by which the context has grown
  Index original_context = 0;        ///< of llama3 and yarn
  double low_frequency_factor = 1;   ///< of llama3
  double high_frequency_factor = 4;  ///< of llama3
  double beta_fast = 32;             ///< of yarn
  double beta_slow = 1;              ///< of yarn
  double attention_factor = 1;       ///< of yarn: cosines and sines are multiplied by it
  /// A GGUF file carries the frequency factors (`rope_freqs.weight`, head_dim / 2 numbers).
  bool frequency_factors_in_file = false;

  bool operator==(const RopeConfig&) const = default;
};

/// Yarn's own value of the attention factor (Peng et al. 2023, equation 22).
[[nodiscard]] inline double yarn_attention_factor(double factor) noexcept {
  return factor <= 1 ? 1.0 : 0.1 * std::log(factor) + 1.0;
}

}  // namespace ampsft
