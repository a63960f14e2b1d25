// SPDX-License-Identifier: MIT
/// @file
/// Bodies of score.hpp.
#pragma once

#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>
#include <ampsft/parameterization/score.hpp>

#include <memory>
#include <utility>

namespace ampsft {

template <Scalar T>
ScoreParameterization<T>::ScoreParameterization(const std::string& name, FrozenBase<T> source,
                                                std::shared_ptr<const UniversalBasis<T>> basis, ScoreForm form,
                                                Route route)
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

template <Scalar T>
std::string_view ScoreParameterization<T>::kind() const {
  return form_ == ScoreForm::exact_start ? "score (exact start)" : "score (truncated)";
}

template <Scalar T>
ProductSum<T> ScoreParameterization<T>::products(Variable<T> x) {
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

template <Scalar T>
Variable<T> ScoreParameterization<T>::gather(Tape<T>& tape, std::span<const std::int32_t> row) {
  if (route_ == Route::materialized) {
    return ampsft::gather(weight(tape), row);
  }
  return assemble(ampsft::gather(tape.leaf(scores_), row),
                  form_ == ScoreForm::exact_start ? base_.gather(tape, row) : Variable<T>{});
}

template <Scalar T>
Matrix<T> ScoreParameterization<T>::materialize() const {
  if (form_ == ScoreForm::truncated) {
    return basis_->reconstruct(map(scores_.value));
  }
  Matrix<T> weight = base_.dequantized();
  detail::add_product(weight, T{1}, scores_.value, basis_->components());
  return weight;
}

template <Scalar T>
void ScoreParameterization<T>::backward(const Matrix<T>& weight_gradient) {
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

template <Scalar T>
std::vector<NamedBuffer<T>> ScoreParameterization<T>::buffers() const {
  const std::string basis = concat("basis.", cols());  // one basis a width
  std::vector<NamedBuffer<T>> frozen{{basis + ".components", &basis_->components()}};
  if (form_ == ScoreForm::exact_start) {
    frozen.push_back(base_.named(name_));
  } else {
    frozen.push_back({basis + ".mean", &basis_->mean()});
  }
  return frozen;
}

template <Scalar T>
Matrix<T> ScoreParameterization<T>::starting_scores(const std::string& name, const FrozenBase<T>& source,
                                                    const UniversalBasis<T>& basis, ScoreForm form) {
  require(source.cols() == basis.width(), name, " is ", source.cols(), " wide, but its basis has width ", basis.width(),
          "; each input width needs a basis of its own");
  if (form == ScoreForm::exact_start) {
    return make_matrix<T>(source.rows(), basis.rank(), T{0});
  }
  const Matrix<T> dequantized = source.matrix() ? Matrix<T>{} : source.dequantized();
  return basis.scores(map(source.matrix() ? *source.matrix() : dequantized));
}

template <Scalar T>
Variable<T> ScoreParameterization<T>::onto(Variable<T> x, const Matrix<T>& rows) {
  return x.tape().shared(x, &rows, [&] { return linear(x, x.tape().constant(rows)); });
}

template <Scalar T>
Variable<T> ScoreParameterization<T>::assemble(Variable<T> s, Variable<T> base) const {
  Tape<T>& tape = s.tape();
  return reconstruct<T>(s, tape.constant(basis_->components()), base ? Variable<T>{} : tape.constant(basis_->mean()),
                        base);
}

template <Scalar T>
Variable<T> ScoreParameterization<T>::weight(Tape<T>& tape) {
  const Variable<T> scores = tape.leaf(scores_);
  return tape.shared(scores, this, [&] {
    return assemble(scores, form_ == ScoreForm::exact_start ? base_.whole(tape) : Variable<T>{});
  });
}

AMPSFT_INSTANCE(class ScoreParameterization<float>);
AMPSFT_INSTANCE(class ScoreParameterization<double>);

}  // namespace ampsft
