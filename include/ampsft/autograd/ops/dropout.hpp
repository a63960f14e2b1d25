// SPDX-License-Identifier: MIT
/// @file
/// Inverted dropout.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>

#include <cstdint>

namespace ampsft {
namespace ops {

/// `y = x * mask / (1 - p)`; the mask comes from the seed and the row, so that nothing is saved and the thread count
/// changes nothing (Srivastava et al. 2014).
template <Scalar T>
struct Dropout {
  Variable<T> x;
  double probability;
  std::uint64_t seed;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool reads_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, Reads::shape);
  }

  void forward(Matrix<T>& y) const { mask(x.map(), map(y), Into::overwrite); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const auto dx = x.sink();
    mask(map(dy), dx.map(), dx.into());
  }

 private:
  /// `to = from` times a mask, or added to `to`; what the mask keeps grows by `1 / (1 - p)`. Each row has its own seed.
  void mask(const ConstMatrixMap<T>& from, MatrixMap<T> to, Into into) const {
    const T kept = static_cast<T>(1.0 / (1.0 - probability));
    parallel_for(rows(), 8, [&](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        Random random(seed + static_cast<std::uint64_t>(row));
        for (Index col = 0; col < cols(); ++col) {
          const T value = random.uniform() < probability ? T{0} : kept * from(row, col);
          to(row, col) = into == Into::add ? to(row, col) + value : value;
        }
      }
    });
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
