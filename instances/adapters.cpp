// SPDX-License-Identifier: MIT
/// @file
/// Adapters, their files, exports and variants.
#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/adapter/detail/adapter_header.hpp>
#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merge.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/adapter/variant_store.hpp>
#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/cached_attention.hpp>
#include <ampsft/autograd/ops/checkpoint.hpp>
#include <ampsft/autograd/ops/cross_entropy.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gated.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/autograd/ops/layer_norm.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/linear_cross_entropy.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/autograd/ops/rms_norm.hpp>
#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/autograd/ops/scale.hpp>
#include <ampsft/autograd/ops/soft_cap.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/adapter/detail/adapter_header_inl.hpp>
#include <ampsft/adapter/detail/algebra_inl.hpp>
#include <ampsft/adapter/detail/base_hash_inl.hpp>
#include <ampsft/adapter/detail/export_factors_inl.hpp>
#include <ampsft/adapter/detail/gguf_export_inl.hpp>
#include <ampsft/adapter/detail/merge_inl.hpp>
#include <ampsft/adapter/detail/merged_export_inl.hpp>
#include <ampsft/adapter/detail/model_export_inl.hpp>
#include <ampsft/adapter/detail/peft_export_inl.hpp>
#include <ampsft/adapter/detail/peft_import_inl.hpp>
#include <ampsft/adapter/detail/score_adapter_file_inl.hpp>
#include <ampsft/adapter/detail/score_adapter_inl.hpp>
#include <ampsft/adapter/detail/variant_store_inl.hpp>
#include <ampsft/adapter/detail/variant_weights_inl.hpp>
