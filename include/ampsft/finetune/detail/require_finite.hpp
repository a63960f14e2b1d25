// SPDX-License-Identifier: MIT
/// @file
/// Damaged weights, named before anything is trained upon them.
#pragma once

#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/model/transformer.hpp>

#include <algorithm>
#include <atomic>

namespace ampsft::detail {

/// Throws `Error` with the name of the first weight, gain or bias that holds a NaN or an infinity, and its row. Cost:
/// one reading of the weights; memory: some MiB a thread.
AMPSFT_HEADER_INLINE void require_finite(const WeightList<float>& weights, const ParameterList<float>& parameters);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/require_finite_inl.hpp>
#endif
