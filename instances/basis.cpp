// SPDX-License-Identifier: MIT
/// @file
/// Bases, scores and their files.
#include <ampsft/linalg/batched_svd.hpp>
#include <ampsft/linalg/dense_svd.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/basis/detail/universal_basis_inl.hpp>
#include <ampsft/basis/files/partial_files.hpp>
#include <ampsft/basis/files/score_file.hpp>
#include <ampsft/basis/policy.hpp>
