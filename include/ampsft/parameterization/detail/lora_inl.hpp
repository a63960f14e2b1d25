// SPDX-License-Identifier: MIT
/// @file
/// Bodies of lora.hpp.
#pragma once

#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>
#include <ampsft/parameterization/lora.hpp>

#include <cmath>
#include <memory>
#include <utility>

namespace ampsft {

template <Scalar T>
LoraParameterization<T>::LoraParameterization(const std::string& name, FrozenBase<T> base, const LoraOptions& options)
    : name_(name),
      base_(std::move(base)),
      a_(name + ".lora_A", starting_a(name, base_, options)),
      l_(name + ".lora_B", make_matrix<T>(base_.rows(), options.rank, T{0})),
      scale_(static_cast<T>(options.alpha == 0.0 ? 1.0 : options.alpha / static_cast<double>(options.rank))),
      route_(options.route) {}

template <Scalar T>
LoraParameterization<T>::LoraParameterization(const std::string& name, FrozenBase<T> base, LoraFactors<T> factors,
                                              Route route)
    : name_(name),
      base_(std::move(base)),
      a_(name + ".lora_A", std::move(factors.a)),
      l_(name + ".lora_B", std::move(factors.l)),
      scale_(static_cast<T>(factors.scale)),
      route_(route) {
  require(ampsft::rows(l_.value) == base_.rows() && ampsft::cols(a_.value) == base_.cols() &&
              ampsft::cols(l_.value) == ampsft::rows(a_.value),
          name, ": factors of ", ampsft::rows(l_.value), " x ", ampsft::cols(l_.value), " and ", ampsft::rows(a_.value),
          " x ", ampsft::cols(a_.value), " do not fit a weight of ", base_.rows(), " x ", base_.cols());
}

template <Scalar T>
ProductSum<T> LoraParameterization<T>::products(Variable<T> x) {
  Tape<T>& tape = x.tape();
  if (route_ == Route::materialized) {
    return {{{x, weight(tape)}, {}}};
  }
  const Variable<T> z = linear(x, tape.leaf(a_));
  return {{base_.product(x), {z, tape.leaf(l_), scale_}}};
}

template <Scalar T>
Variable<T> LoraParameterization<T>::gather(Tape<T>& tape, std::span<const std::int32_t> row) {
  if (route_ == Route::materialized) {
    return ampsft::gather(weight(tape), row);
  }
  return reconstruct<T>(ampsft::gather(tape.leaf(l_), row), tape.leaf(a_), {}, base_.gather(tape, row), scale_);
}

template <Scalar T>
Matrix<T> LoraParameterization<T>::materialize() const {
  Matrix<T> weight = base_.dequantized();
  detail::add_product(weight, scale_, l_.value, a_.value);
  return weight;
}

template <Scalar T>
Matrix<T> LoraParameterization<T>::starting_a(const std::string& name, const FrozenBase<T>& base,
                                              const LoraOptions& options) {
  const Index most = std::min(base.rows(), base.cols());
  require(options.rank >= 1 && options.rank <= most, "LoRA rank ", options.rank, " is outside of [1, ", most, "] for ",
          name);
  require(options.alpha >= 0.0, "LoRA alpha must not be negative, but is ", options.alpha);
  Random random(options.seed);
  const double bound = 1.0 / std::sqrt(static_cast<double>(base.cols()));
  Matrix<T> a = make_matrix<T>(options.rank, base.cols());
  for (T& element : a.storage()) {
    element = static_cast<T>(bound * (2.0 * random.uniform() - 1.0));
  }
  return a;
}

template <Scalar T>
Variable<T> LoraParameterization<T>::weight(Tape<T>& tape) {
  const Variable<T> l = tape.leaf(l_);
  return tape.shared(l, this, [&] { return reconstruct<T>(l, tape.leaf(a_), {}, base_.whole(tape), scale_); });
}

AMPSFT_INSTANCE(class LoraParameterization<float>);
AMPSFT_INSTANCE(class LoraParameterization<double>);

}  // namespace ampsft
