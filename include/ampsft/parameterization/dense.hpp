// SPDX-License-Identifier: MIT
/// @file
/// A weight that is its own parameter.
#pragma once

#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>

#include <memory>
#include <utility>

namespace ampsft {

/// `W` itself, trainable or frozen; cost `2 n d` operations a token forward, `4 n d` backward.
template <Scalar T>
class DenseParameterization {
 public:
  using scalar = T;

  /// `weight` is `n x d`.
  DenseParameterization(std::string name, Matrix<T> weight)
      : weight_(std::make_shared<Parameter<T>>(std::move(name), std::move(weight))) {}
  DenseParameterization(DenseParameterization&&) noexcept = default;  // a copy would share the parameter
  DenseParameterization& operator=(DenseParameterization&&) noexcept = default;

  [[nodiscard]] Index rows() const { return ampsft::rows(weight_->value); }
  [[nodiscard]] Index cols() const { return ampsft::cols(weight_->value); }
  [[nodiscard]] std::string_view kind() const { return "dense"; }
  [[nodiscard]] bool is_adapted() const { return false; }

  /// `W`, which lives as long as the result does.
  [[nodiscard]] FrozenBase<T> base() const;

  ProductSum<T> products(Variable<T> x) { return {{{x, x.tape().leaf(*weight_)}, {}}}; }

  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row);

  [[nodiscard]] Matrix<T> materialize() const { return weight_->value; }
  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {weight_.get()}; }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return {}; }

 private:
  std::shared_ptr<Parameter<T>> weight_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/dense_inl.hpp>
#endif
