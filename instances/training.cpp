// SPDX-License-Identifier: MIT
/// @file
/// Optimizers, schedules, checkpoints; how tokens are drawn.
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
#include <ampsft/basis/policy.hpp>
#include <ampsft/generate/generation_defaults.hpp>
#include <ampsft/generate/pretrained_text.hpp>
#include <ampsft/generate/sampling.hpp>
#include <ampsft/generate/stop_strings.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>
#include <ampsft/simd/adamw.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/checkpoint.hpp>
#include <ampsft/train/clip.hpp>
#include <ampsft/train/collect_moments.hpp>
#include <ampsft/train/replica.hpp>
#include <ampsft/train/schedule.hpp>
#include <ampsft/train/sgd.hpp>
#include <ampsft/train/train_options.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/generate/detail/generation_defaults_inl.hpp>
#include <ampsft/generate/detail/pretrained_text_inl.hpp>
#include <ampsft/generate/detail/sampling_inl.hpp>
#include <ampsft/generate/detail/stop_strings_inl.hpp>
#include <ampsft/parameterization/detail/fit_bases_inl.hpp>
#include <ampsft/train/detail/adamw_inl.hpp>
#include <ampsft/train/detail/checkpoint_inl.hpp>
#include <ampsft/train/detail/clip_inl.hpp>
#include <ampsft/train/detail/collect_moments_inl.hpp>
#include <ampsft/train/detail/replica_inl.hpp>
#include <ampsft/train/detail/schedule_inl.hpp>
#include <ampsft/train/detail/sgd_inl.hpp>
#include <ampsft/train/detail/train_options_inl.hpp>
