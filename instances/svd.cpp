// SPDX-License-Identifier: MIT
/// @file
/// Decompositions of stacks of rows.
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gram.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/linalg/detail/batched_svd_inl.hpp>
#include <ampsft/linalg/detail/gram_inl.hpp>
#include <ampsft/linalg/detail/orthonormalize_inl.hpp>
#include <ampsft/linalg/detail/truncated_svd_inl.hpp>
