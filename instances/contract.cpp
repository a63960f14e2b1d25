// SPDX-License-Identifier: MIT
/// @file
/// The kernels that make few numbers of long rows, and the Gram sums.
#include <ampsft/simd/detail/dispatch.hpp>
#include <ampsft/simd/detail/run_outer.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/simd/detail/gram_panels_inl.hpp>
#include <ampsft/simd/gram.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>
