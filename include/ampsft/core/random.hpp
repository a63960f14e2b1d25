// SPDX-License-Identifier: MIT
/// @file
/// A small random generator whose numbers are the same with every compiler and whose state fits into a checkpoint.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace ampsft {

/// xoshiro256++ (Blackman and Vigna 2019), seeded by splitmix64; the standard library's distributions differ between
/// implementations, so uniform, normal and bounded integers are drawn here.
class Random {
 public:
  using State = std::array<std::uint64_t, 4>;

  explicit Random(std::uint64_t seed) noexcept {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
      word = z ^ (z >> 31U);
    }
  }

  explicit Random(const State& state) noexcept : state_(state) {}

  /// All that the generator remembers.
  [[nodiscard]] const State& state() const noexcept { return state_; }

  /// 64 uniform bits.
  std::uint64_t operator()() noexcept {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), 53 bits.
  double uniform() noexcept { return static_cast<double>((*this)() >> 11U) * 0x1.0p-53; }

  /// Uniform integer in [0, bound); `bound` at least 1. (Bias below 2^-32 for bounds below 2^32.)
  Index below(Index bound) noexcept {
    return std::min<Index>(static_cast<Index>(uniform() * static_cast<double>(bound)), bound - 1);
  }

  /// Standard normal (Box-Muller, one value a call so that no half-used pair has to be saved).
  double normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  static std::uint64_t rotate(std::uint64_t x, unsigned k) noexcept { return (x << k) | (x >> (64U - k)); }

  State state_{};
};

/// Fills the matrix with normal numbers of the given standard deviation and mean zero.
template <Scalar T>
void fill_normal(Matrix<T>& matrix, double stddev, Random& random) {
  for (T& element : matrix.storage()) {
    element = static_cast<T>(stddev * random.normal());
  }
}

}  // namespace ampsft
