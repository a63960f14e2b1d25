// SPDX-License-Identifier: MIT
/// @file
/// Bodies of frozen.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/frozen.hpp>

#include <string>
#include <utility>

namespace ampsft {

template <Scalar T>
FrozenParameterization<T>::FrozenParameterization(std::string name, FrozenBase<T> base)
    : name_(std::move(name)), base_(std::move(base)) {
  require(static_cast<bool>(base_), name_, ": there is no frozen matrix");
}

AMPSFT_INSTANCE(class FrozenParameterization<float>);
AMPSFT_INSTANCE(class FrozenParameterization<double>);

}  // namespace ampsft
