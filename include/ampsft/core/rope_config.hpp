// SPDX-License-Identifier: MIT
/// @file
/// What determines the angles of rotary positions.
#pragma once

#include <ampsft/core/bounds.hpp>
#include <ampsft/core/tensor.hpp>

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace ampsft {

/// Which two numbers of a head rotate together: `j` and `j + dims / 2`, or `2 j` and `2 j + 1`. GGUF files of the
/// architectures that llama.cpp calls NORM have the rows of q and k permuted for the second; all others keep the first.
enum class RopePairing { halves, interleaved };
constexpr std::array<std::string_view, 2> names_of(RopePairing) noexcept {
  return {"halves", "interleaved"};
}

/// How angles are changed for a context longer than the one the model was first trained on.
enum class RopeScaling { none, linear, llama3, yarn, longrope };
constexpr std::array<std::string_view, 5> names_of(RopeScaling) noexcept {
  return {"none", "linear", "llama3", "yarn", "longrope"};
}

/// Rotary positions (Su et al. 2021) and their scaling.
struct RopeConfig {
  double theta = 10000;
  RopePairing pairing = RopePairing::halves;
  Index dims = 0;  ///< numbers of a head that rotate, its first; 0: all
  RopeScaling scaling = RopeScaling::none;
  double factor = 1;                           ///< by which the context has grown
  Index original_context = 0;                  ///< of llama3, yarn and longrope
  double low_frequency_factor = 1;             ///< of llama3
  double high_frequency_factor = 4;            ///< of llama3
  double beta_fast = 32;                       ///< of yarn
  double beta_slow = 1;                        ///< of yarn
  double attention_factor = 1;                 ///< of yarn and longrope: cosines and sines are multiplied by it
  std::vector<double> frequency_factors = {};  ///< divide the frequencies, one a pair (GGUF's rope_freqs); or none
  std::vector<double> short_factors = {};      ///< the same of longrope, for texts of up to `original_context` tokens,
  std::vector<double> long_factors = {};       ///< and for longer ones

  /// Calls `visit(name, field, bounds)` for every field, in the order of the files: see model/fields.hpp.
  template <class Self, class Visit>
  static void visit_fields(Self& self, Visit&& visit) {
    visit("theta", self.theta, Bounds::positive());
    visit("pairing", self.pairing, Bounds{});
    visit("dims", self.dims, Bounds::size_or_none());
    visit("scaling", self.scaling, Bounds{});
    visit("factor", self.factor, Bounds::positive());
    visit("original_context", self.original_context, Bounds::size_or_none());
    visit("low_frequency_factor", self.low_frequency_factor, Bounds::positive());
    visit("high_frequency_factor", self.high_frequency_factor, Bounds::positive());
    visit("beta_fast", self.beta_fast, Bounds::positive());
    visit("beta_slow", self.beta_slow, Bounds::positive());
    visit("attention_factor", self.attention_factor, Bounds::positive());
    visit("frequency_factors", self.frequency_factors, Bounds::positive());
    visit("short_factors", self.short_factors, Bounds::positive());
    visit("long_factors", self.long_factors, Bounds::positive());
  }

  bool operator==(const RopeConfig&) const = default;
};

/// YaRN's own value of the attention factor (Peng et al. 2023, equation 22).
[[nodiscard]] inline double yarn_attention_factor(double factor) noexcept {
  return factor <= 1 ? 1.0 : 0.1 * std::log(factor) + 1.0;
}

/// LongRoPE's own value of the attention factor (Ding et al. 2024), for a context that grew by `factor`.
[[nodiscard]] inline double longrope_attention_factor(double factor, Index original_context) noexcept {
  return factor <= 1 ? 1.0 : std::sqrt(1.0 + std::log(factor) / std::log(static_cast<double>(original_context)));
}

}  // namespace ampsft
