// SPDX-License-Identifier: MIT
/// @file
/// The front door: fine-tuning.
#include <ampsft/ampsft.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/finetune/detail/dataset_inl.hpp>
#include <ampsft/finetune/detail/file_stamps_inl.hpp>
#include <ampsft/finetune/detail/finetune_inl.hpp>
#include <ampsft/finetune/detail/finetune_options_inl.hpp>
#include <ampsft/finetune/detail/metrics_inl.hpp>
#include <ampsft/finetune/detail/require_finite_inl.hpp>
#include <ampsft/finetune/detail/run_files_inl.hpp>
#include <ampsft/finetune/detail/score_bases_inl.hpp>
