// SPDX-License-Identifier: MIT
/// @file
/// Bodies of weight.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/dense.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
Weight<T> Weight<T>::tied(const std::string& name) const {
  Weight other = *this;
  other.name_ = name;
  return other;
}

template <Scalar T>
ProductSum<T> Weight<T>::products(Variable<T> x) const {
  x.tape().note_input(name_, x);
  return model_->products(x);
}

template <Scalar T>
Variable<T> Weight<T>::gather(Tape<T>& tape, std::span<const std::int32_t> row) const {
  return model_->gather(tape, row);
}

template <Scalar T>
Parameter<T>* Weight<T>::own_parameter() const {
  const auto all = is_adapted() ? std::vector<Parameter<T>*>{} : leaves();
  return all.empty() ? nullptr : all.front();
}

template <Scalar T>
FrozenBase<T> base_of(const Weight<T>& weight) {
  FrozenBase<T> base = weight.base();
  require(static_cast<bool>(base), weight.name(), " is parameterised as ", weight.kind(),
          ", which keeps no base; take the base's hash, or a copy, before attaching");
  return base;
}

AMPSFT_INSTANCE(FrozenBase<float> base_of(const Weight<float>& weight));
AMPSFT_INSTANCE(FrozenBase<double> base_of(const Weight<double>& weight));
AMPSFT_INSTANCE(class Weight<float>);
AMPSFT_INSTANCE(class Weight<double>);

}  // namespace ampsft
