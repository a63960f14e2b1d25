// SPDX-License-Identifier: MIT
/// @file
/// Products of whole matrices.
#include <ampsft/simd/detail/dispatch.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/simd/gemm.hpp>
