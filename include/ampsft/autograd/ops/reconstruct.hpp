// SPDX-License-Identifier: MIT
/// @file
/// Rows from scores: `W = S B + 1 mu'`, whose backward pass projects the weight gradient onto the basis.
#pragma once

#include <ampsft/autograd/product.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>

namespace ampsft {
namespace ops {

/// `w = base + scale s b + 1 mu'`, `n x d` (paper 72, "How It Works", step 6; its transpose is the gradient's path).
template <Scalar T>
struct Reconstruct {
  Variable<T> s;     // n x K
  Variable<T> b;     // K x d
  Variable<T> mu;    // 1 x d, or none
  Variable<T> base;  // n x d, or none
  T scale = T{1};

  [[nodiscard]] Index rows() const { return s.rows(); }
  [[nodiscard]] Index cols() const { return b.cols(); }
  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(s, b.requires_grad() ? NeedsInput::value : NeedsInput::shape);
    visit(b, s.requires_grad() ? NeedsInput::value : NeedsInput::shape);
    for (const auto& shift : {mu, base}) {
      if (shift) {
        visit(shift, NeedsInput::shape);
      }
    }
  }

  void forward(Matrix<T>& w) const {
    const ReconstructJob<T> job{s.map(), map(w), base ? MatrixRef<const T>(base.map()) : MatrixRef<const T>()};
    const ConstMatrixMap<T> none(nullptr, 0, cols());
    ampsft::reconstruct<T>(std::span<const ReconstructJob<T>>(&job, 1), b.map(),
                           mu ? ConstMatrixMap<T>(mu.map()) : none, scale);
  }

  void backward(const Matrix<T>&, const Matrix<T>& dw) const {
    // Each sink once: asking twice would count as two contributions.
    if (s.requires_grad() && b.requires_grad()) {
      const GradientSink<T> ds = s.sink();
      const GradientSink<T> db = b.sink();
      if (ds.mode() == db.mode()) {  // one reading of dW for both, and for the mean if it goes the same way
        MatrixRef<T> d_mean;
        if (mu.requires_grad()) {
          const GradientSink<T> dmu = mu.sink();
          if (dmu.mode() == ds.mode()) {
            d_mean = dmu.map();
          } else {
            column_sums<T>(map(dw), dmu.map(), dmu.mode());
          }
        }
        reconstruct_backward<T>(map(dw), s.map(), b.map(), ds.map(), db.map(), d_mean, ds.mode(), scale);
      } else {
        score_gradient(dw, ds);
        basis_gradient(dw, db);
        mean_gradient(dw);
      }
    } else {
      if (s.requires_grad()) {
        score_gradient(dw, s.sink());
      }
      if (b.requires_grad()) {
        basis_gradient(dw, b.sink());
      }
      mean_gradient(dw);
    }
    if (base.requires_grad()) {
      base.sink().add(map(dw));
    }
  }

 private:
  void score_gradient(const Matrix<T>& dw, const GradientSink<T>& ds) const {
    project<T>(map(dw), b.map(), ds.map(), ds.mode(), scale);  // dS = dW B'
  }
  void basis_gradient(const Matrix<T>& dw, const GradientSink<T>& db) const {
    factored_basis_gradient<T>(map(dw), s.map(), db.map(), db.mode(), scale);  // dB = S' dW
  }
  void mean_gradient(const Matrix<T>& dw) const {
    if (mu.requires_grad()) {
      const GradientSink<T> dmu = mu.sink();
      column_sums<T>(map(dw), dmu.map(), dmu.mode());
    }
  }
};

}  // namespace ops

/// `base + scale s b + 1 mu'`; `mu` and `base` may be empty.
///
/// Shapes: `s` `n x K`, `b` `K x d`, `mu` `1 x d`, `base` `n x d`. Throws `Error` if they do not fit. Cost:
/// `2 n K d` operations forward, the same for each gradient of `s` and `b`.
template <Scalar T>
[[nodiscard]] Variable<T> reconstruct(Variable<T> s, Variable<T> b, Variable<T> mu = {}, Variable<T> base = {},
                                      T scale = T{1}) {
  require(s.cols() == b.rows(), "reconstruct: scores of ", s.cols(), " columns do not fit a basis of ", b.rows(),
          " rows");
  require(!mu || (mu.rows() == 1 && mu.cols() == b.cols()), "reconstruct: the mean must be 1 x ", b.cols());
  require(!base || (base.rows() == s.rows() && base.cols() == b.cols()), "reconstruct: the base must be ", s.rows(),
          " x ", b.cols());
  return s.tape().apply(ops::Reconstruct<T>{s, b, mu, base, scale});
}

AMPSFT_INSTANCE(Variable<float> reconstruct(Variable<float>, Variable<float>, Variable<float>, Variable<float>, float));
AMPSFT_INSTANCE(Variable<double> reconstruct(Variable<double>, Variable<double>, Variable<double>, Variable<double>,
                                             double));

}  // namespace ampsft
