// SPDX-License-Identifier: MIT
/// @file
/// Inverted dropout.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/simd/dropout.hpp>

#include <cstdint>

namespace ampsft {
namespace ops {

/// `y = x * mask / (1 - p)`; the mask comes from the seed, so that nothing is saved (Srivastava et al. 2014).
template <Scalar T>
struct Dropout {
  Variable<T> x;
  double probability;
  std::uint64_t seed;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const { ampsft::dropout<T>(x.map(), map(y), probability, seed); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const auto dx = x.sink();
    ampsft::dropout<T>(map(dy), dx.map(), probability, seed, dx.mode());
  }
};

}  // namespace ops

/// Zeroes each element with probability `p` in [0, 1) and scales the others by `1 / (1 - p)`; the identity on an
/// inference tape or for `p = 0`. Draws one seed from `random` otherwise. Throws `Error` for another `p`.
template <Scalar T>
[[nodiscard]] Variable<T> dropout(Variable<T> x, double p, Random& random) {
  require(p >= 0.0 && p < 1.0, "dropout: the probability must be in [0, 1), not ", p);
  if (p == 0.0 || !x.tape().training()) {
    return x;
  }
  return x.tape().apply(ops::Dropout<T>{x, p, random()});
}

AMPSFT_INSTANCE(Variable<float> dropout(Variable<float>, double, Random&));
AMPSFT_INSTANCE(Variable<double> dropout(Variable<double>, double, Random&));

}  // namespace ampsft
