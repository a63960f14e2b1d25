// SPDX-License-Identifier: MIT
/// @file
/// The norm of all gradients, and its limit.
#pragma once

#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>

#include <cmath>

namespace ampsft {

/// Euclidean norm over the gradients of all trainable parameters, summed in double; NaN or infinity if any element is.
template <Scalar T>
[[nodiscard]] double gradient_norm(const ParameterList<T>& parameters);

/// Scales the gradients of all trainable parameters by `factor`.
template <Scalar T>
void scale_gradients(const ParameterList<T>& parameters, double factor);

/// Scales all gradients together so that their norm is at most `limit` (no limit if 0); returns the norm before.
///
/// Source: Pascanu, Mikolov and Bengio 2013.
template <Scalar T>
double clip_gradients(const ParameterList<T>& parameters, double limit);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/clip_inl.hpp>
#endif
