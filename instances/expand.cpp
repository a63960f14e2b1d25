// SPDX-License-Identifier: MIT
/// @file
/// The kernels that make long rows from few numbers.
#include <ampsft/simd/detail/dispatch.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/simd/detail/run_expand.hpp>
#include <ampsft/simd/detail/run_outer.hpp>
