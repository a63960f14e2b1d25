// SPDX-License-Identifier: MIT
/// @file
/// Bases, scores and their files.
#include <ampsft/linalg/batched_svd.hpp>
#include <ampsft/linalg/dense_svd.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/basis/detail/accounting_inl.hpp>
#include <ampsft/basis/detail/basis_set_inl.hpp>
#include <ampsft/basis/detail/explained_inl.hpp>
#include <ampsft/basis/detail/grouping_inl.hpp>
#include <ampsft/basis/detail/matrix_scores_inl.hpp>
#include <ampsft/basis/detail/policy_inl.hpp>
#include <ampsft/basis/detail/rank_selection_inl.hpp>
#include <ampsft/basis/detail/row_stack_inl.hpp>
#include <ampsft/basis/detail/source_inl.hpp>
#include <ampsft/basis/detail/spectrum_inl.hpp>
#include <ampsft/basis/detail/stack_moments_inl.hpp>
#include <ampsft/basis/detail/universal_basis_inl.hpp>
#include <ampsft/basis/files/detail/basis_file_inl.hpp>
#include <ampsft/basis/files/detail/join_files_inl.hpp>
#include <ampsft/basis/files/detail/partial_file_inl.hpp>
#include <ampsft/basis/files/detail/partial_files_inl.hpp>
#include <ampsft/basis/files/detail/score_file_inl.hpp>
