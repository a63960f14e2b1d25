// SPDX-License-Identifier: MIT
/// @file
/// A small model with scores that are not zero.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "train/tiny.hpp"

namespace ampsft::test {

inline const std::vector<std::int32_t> some_tokens{1, 4, 2, 8, 5, 7, 0, 3, 9, 10, 6, 1};
inline constexpr Index some_sequences = 2;

/// `T x vocabulary`.
template <Scalar T>
[[nodiscard]] Matrix<T> logits_of(Transformer<T>& model, const std::vector<std::int32_t>& tokens = some_tokens,
                                  Index sequences = some_sequences) {
  Tape<T> tape(TapeMode::inference);
  return model.logits(model.hidden(tape, tokens, sequences)).value();
}

/// One random basis a width, of `rank` directions.
template <Scalar T>
[[nodiscard]] BasisSet<T> random_bases(const std::vector<Index>& widths = {8, 12}, Index rank = 3) {
  BasisSet<T> bases;
  for (const Index width : widths) {
    bases.insert(UniversalBasis<T>::random(width, rank, static_cast<std::uint64_t>(width)));
  }
  return bases;
}

template <Scalar T>
void fill_leaves(const ParameterList<T>& leaves, std::uint64_t seed) {
  Random random(seed);
  for (auto* leaf : leaves) {
    fill_normal(leaf->value, 0.3, random);
  }
}

/// A tiny transformer, exact start, every weight adapted.
template <Scalar T>
struct Tuned {
  Transformer<T> model{tiny::config(), 3};
  BasisSet<T> bases = random_bases<T>();
  Matrix<T> before = logits_of(model);
  ParameterList<T> leaves;

  explicit Tuned(AttachTargets targets = {}, ScoreForm form = ScoreForm::exact_start, std::uint64_t seed = 5)
      : leaves(attach_scores(model.weights(), bases, form, targets)) {
    freeze(model.parameters());
    for (auto* leaf : leaves) {
      leaf->trainable = true;
    }
    fill_leaves(leaves, seed);
  }
};

template <Scalar T>
[[nodiscard]] bool same(const Matrix<T>& a, const Matrix<T>& b) {
  return a.shape() == b.shape() && map(a) == map(b);
}

template <Scalar T>
[[nodiscard]] double distance(const Matrix<T>& a, const Matrix<T>& b) {
  REQUIRE(a.shape() == b.shape());
  return static_cast<double>((map(a) - map(b)).cwiseAbs().maxCoeff());
}

}  // namespace ampsft::test
