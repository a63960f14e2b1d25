// SPDX-License-Identifier: MIT
/// @file
/// A weight whose rows are scores over a frozen universal basis: what this library is for.
#pragma once

#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>
#include <ampsft/parameterization/score_form.hpp>

#include <memory>
#include <utility>

namespace ampsft {

/// Scores `S` (`n x K`) over a frozen basis `B` (`K x d`, orthonormal rows, shared between weights).
///
/// | form | forward | gradients |
/// |---|---|---|
/// | truncated | `z = x B'`, `y = z S' + (x mu) 1'` | `dS = dy' z`, `dx = (dy S) B + (dy 1) mu'` |
/// | exact start | `y = x W0' + (x B') S'` | `dS = dy' z`, `dx = dy W0 + (dy S) B` |
///
/// The materialised route forms `W`, and its backward pass projects the weight gradient onto the basis: `dS = dW B'`.
/// Cost a token, factored: `2 K (n + d)` operations forward for the scores (plus `2 n d` for `W0` in the exact-start
/// form), twice that backward; `x B'` is shared by all weights on the tape that read the same `x` over the same basis.
/// Source: paper 72, "How It Works"; the exact-start form is LoRA-FA with one `A` for all matrices of a width.
template <Scalar T>
class ScoreParameterization {
 public:
  using scalar = T;

  /// Parameterises the weight `source` (`n x d`), which the exact-start form keeps (shared) as its frozen base.
  ///
  /// Throws `Error` if the basis has another width. The leaf is called `<name>.scores`.
  ScoreParameterization(const std::string& name, FrozenBase<T> source, std::shared_ptr<const UniversalBasis<T>> basis,
                        ScoreForm form, Route route = Route::factored)
      : name_(name),
        basis_(std::move(basis)),
        form_(form),
        route_(route),
        scores_(name + ".scores", starting_scores(name, source, *basis_, form)) {
    if (form_ == ScoreForm::exact_start) {
      base_ = std::move(source);
    } else {
      ones_ = make_matrix<T>(rows(), 1, T{1});
    }
  }

  [[nodiscard]] Index rows() const { return ampsft::rows(scores_.value); }
  [[nodiscard]] Index cols() const { return basis_->width(); }
  [[nodiscard]] Index rank() const { return basis_->rank(); }
  [[nodiscard]] ScoreForm form() const { return form_; }
  [[nodiscard]] const UniversalBasis<T>& basis() const { return *basis_; }
  [[nodiscard]] const std::shared_ptr<const UniversalBasis<T>>& shared_basis() const { return basis_; }
  [[nodiscard]] const Parameter<T>& scores() const { return scores_; }

  [[nodiscard]] bool is_adapted() const { return true; }

  /// The frozen weight of the exact-start form; the truncated one keeps none.
  [[nodiscard]] const FrozenBase<T>& base() const { return base_; }

  [[nodiscard]] std::string_view kind() const {
    return form_ == ScoreForm::exact_start ? "score (exact start)" : "score (truncated)";
  }

  ProductSum<T> products(Variable<T> x) {
    Tape<T>& tape = x.tape();
    if (route_ == Route::materialized) {
      return {{{x, weight(tape)}, {}}};
    }
    const Variable<T> z = onto(x, basis_->components());
    const Variable<T> scores = tape.leaf(scores_);
    if (form_ == ScoreForm::exact_start) {
      return {{base_.product(x), {z, scores}}};
    }
    const Variable<T> shift = onto(x, basis_->mean());
    return {{{z, scores}, {shift, tape.constant(ones_)}}};
  }

  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) {
    if (route_ == Route::materialized) {
      return ampsft::gather(weight(tape), row);
    }
    return assemble(ampsft::gather(tape.leaf(scores_), row),
                    form_ == ScoreForm::exact_start ? base_.gather(tape, row) : Variable<T>{});
  }

  [[nodiscard]] Matrix<T> materialize() const {
    if (form_ == ScoreForm::truncated) {
      return basis_->reconstruct(map(scores_.value));
    }
    Matrix<T> weight = base_.dequantized();
    detail::add_product(weight, T{1}, scores_.value, basis_->components());
    return weight;
  }

  /// Adds the projection of a weight gradient `dW` (`n x d`) onto the basis, `dS = dW B'`, to the gradient of the
  /// scores: for programs that bring a differentiation of their own and only know `materialize()`.
  void backward(const Matrix<T>& weight_gradient) {
    require(ampsft::rows(weight_gradient) == rows() && ampsft::cols(weight_gradient) == cols(), name_,
            ": the weight gradient must be ", rows(), " x ", cols(), ", not ", ampsft::rows(weight_gradient), " x ",
            ampsft::cols(weight_gradient));
    Matrix<T> projected = basis_->project(map(weight_gradient));
    if (scores_.has_gradient) {
      map(scores_.gradient) += map(projected);
    } else {
      scores_.gradient = std::move(projected);
      scores_.has_gradient = true;
    }
  }

  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {&scores_}; }

  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const {
    const std::string basis = concat("basis.", cols());  // one basis a width
    std::vector<NamedBuffer<T>> frozen{{basis + ".components", &basis_->components()}};
    if (form_ == ScoreForm::exact_start) {
      frozen.push_back(base_.named(name_));
    } else {
      frozen.push_back({basis + ".mean", &basis_->mean()});
    }
    return frozen;
  }

 private:
  static Matrix<T> starting_scores(const std::string& name, const FrozenBase<T>& source, const UniversalBasis<T>& basis,
                                   ScoreForm form) {
    require(source.cols() == basis.width(), name, " is ", source.cols(), " wide, but its basis has width ",
            basis.width(), "; each input width needs a basis of its own");
    if (form == ScoreForm::exact_start) {
      return make_matrix<T>(source.rows(), basis.rank(), T{0});
    }
    const Matrix<T> dequantized = source.matrix() ? Matrix<T>{} : source.dequantized();
    return basis.scores(map(source.matrix() ? *source.matrix() : dequantized));
  }

  /// `x rows'`, formed once for all weights that read `x`.
  static Variable<T> onto(Variable<T> x, const Matrix<T>& rows) {
    return x.tape().shared(x, &rows, [&] { return linear(x, x.tape().constant(rows)); });
  }

  /// `s B`, plus the base or else the mean.
  Variable<T> assemble(Variable<T> s, Variable<T> base) const {
    Tape<T>& tape = s.tape();
    return reconstruct<T>(s, tape.constant(basis_->components()), base ? Variable<T>{} : tape.constant(basis_->mean()),
                          base);
  }

  Variable<T> weight(Tape<T>& tape) {
    const Variable<T> scores = tape.leaf(scores_);
    return tape.shared(scores, this, [&] {
      return assemble(scores, form_ == ScoreForm::exact_start ? base_.whole(tape) : Variable<T>{});
    });
  }

  std::string name_;
  std::shared_ptr<const UniversalBasis<T>> basis_;
  ScoreForm form_;
  Route route_;
  Parameter<T> scores_;
  FrozenBase<T> base_;  // exact start only
  Matrix<T> ones_;      // truncated only: the 1 of (x mu) 1'
};

AMPSFT_INSTANCE(class ScoreParameterization<float>);
AMPSFT_INSTANCE(class ScoreParameterization<double>);

}  // namespace ampsft
