// SPDX-License-Identifier: MIT
/// @file
/// Attention, norms and losses: sums over rows.
#include <ampsft/simd/detail/dispatch.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/simd/attention_gradient.hpp>
#include <ampsft/simd/log_sum_exp.hpp>
#include <ampsft/simd/normalize.hpp>
