// SPDX-License-Identifier: MIT
/// @file
/// The Gaussian error linear unit, exact and in its tanh form.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <cmath>
#include <numbers>

namespace ampsft {

/// Which formula GELU uses (Hendrycks and Gimpel 2016).
enum class GeluForm {
  tanh,  ///< x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), as in GPT-2
  erf,   ///< x Phi(x), exact
};

namespace ops {

/// `y = gelu(x)`, elementwise.
template <Scalar T>
struct Gelu {
  Variable<T> x;
  GeluForm form;

  static constexpr T slope = static_cast<T>(0.79788456080286535588);  // sqrt(2 / pi)
  static constexpr T cubic = static_cast<T>(0.044715);

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }
  [[nodiscard]] bool needs_gradient() const { return x.requires_grad(); }

  void forward(Matrix<T>& y) const {
    parallel_for(rows() * cols(), 4096, [&](Index begin, Index end) {
      const auto in = flat(x.value()).segment(begin, end - begin);
      auto out = flat(y).segment(begin, end - begin);
      if (form == GeluForm::tanh) {
        out = T(0.5) * in * (T(1) + (slope * (in + cubic * in.cube())).tanh());
      } else {
        out = in.unaryExpr([](T v) { return v * normal_cdf(v); });
      }
    });
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const auto sink = x.sink();
    parallel_for(rows(), 8, [&](Index begin, Index end) {
      const auto in = x.map().middleRows(begin, end - begin).array();
      const auto out = map(dy).middleRows(begin, end - begin).array();
      auto dx = sink.map().middleRows(begin, end - begin);
      if (form == GeluForm::tanh) {
        for (Index row = 0; row < in.rows(); ++row) {
          const auto v = in.row(row);
          const EigenArrayRow<T> t = (slope * (v + cubic * v.cube())).tanh();
          const auto dt = (T(1) - t.square()) * (slope * (T(1) + T(3) * cubic * v.square()));
          sink.add(dx.row(row), (out.row(row) * T(0.5) * (T(1) + t + v * dt)).matrix());
        }
      } else {
        const T density = static_cast<T>(0.39894228040143267794);  // 1 / sqrt(2 pi)
        const auto derivative =
            in.unaryExpr([density](T v) { return normal_cdf(v) + v * density * std::exp(T(-0.5) * v * v); });
        sink.add(dx, (out * derivative).matrix());
      }
    });
  }

 private:
  static T normal_cdf(T v) noexcept { return T(0.5) * std::erfc(-v * static_cast<T>(1.0 / std::numbers::sqrt2)); }
};

}  // namespace ops

/// GELU of every element of `x`; the result has its shape.
template <Scalar T>
[[nodiscard]] Variable<T> gelu(Variable<T> x, GeluForm form = GeluForm::tanh) {
  return x.tape().apply(ops::Gelu<T>{x, form});
}

AMPSFT_INSTANCE(Variable<float> gelu(Variable<float>, GeluForm));
AMPSFT_INSTANCE(Variable<double> gelu(Variable<double>, GeluForm));

}  // namespace ampsft
