// SPDX-License-Identifier: MIT
/// @file
/// Configs of models and the families that their files come from.
#include <ampsft/model/config_json.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/rope_frequencies.hpp>
#include <ampsft/model/tensor_sources.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/model/detail/config_json_inl.hpp>
#include <ampsft/model/detail/families_inl.hpp>
#include <ampsft/model/detail/gguf_config_inl.hpp>
#include <ampsft/model/detail/huggingface_config_inl.hpp>
#include <ampsft/model/detail/rope_frequencies_inl.hpp>
#include <ampsft/model/detail/tensor_sources_inl.hpp>
#include <ampsft/model/detail/validate_config_inl.hpp>
