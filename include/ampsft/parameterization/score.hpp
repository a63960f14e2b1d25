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
                        ScoreForm form, Route route = Route::factored);

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

  [[nodiscard]] std::string_view kind() const;

  ProductSum<T> products(Variable<T> x);

  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row);

  [[nodiscard]] Matrix<T> materialize() const;

  /// Adds the projection of a weight gradient `dW` (`n x d`) onto the basis, `dS = dW B'`, to the gradient of the
  /// scores: for programs that bring a differentiation of their own and only know `materialize()`.
  void backward(const Matrix<T>& weight_gradient);

  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {&scores_}; }

  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const;

 private:
  static Matrix<T> starting_scores(const std::string& name, const FrozenBase<T>& source, const UniversalBasis<T>& basis,
                                   ScoreForm form);

  /// `x rows'`, formed once for all weights that read `x`.
  static Variable<T> onto(Variable<T> x, const Matrix<T>& rows);

  /// `s B`, plus the base or else the mean.
  Variable<T> assemble(Variable<T> s, Variable<T> base) const;

  Variable<T> weight(Tape<T>& tape);

  std::string name_;
  std::shared_ptr<const UniversalBasis<T>> basis_;
  ScoreForm form_;
  Route route_;
  Parameter<T> scores_;
  FrozenBase<T> base_;  // exact start only
  Matrix<T> ones_;      // truncated only: the 1 of (x mu) 1'
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/score_inl.hpp>
#endif
