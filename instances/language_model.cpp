// SPDX-License-Identifier: MIT
/// @file
/// The front door: language models and their adapters.
#include <ampsft/ampsft.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/finetune/detail/adapter_inl.hpp>
#include <ampsft/finetune/detail/answer_options_inl.hpp>
#include <ampsft/finetune/detail/language_model_inl.hpp>
