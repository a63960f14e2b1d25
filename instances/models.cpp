// SPDX-License-Identifier: MIT
/// @file
/// Parameterised weights, transformers, optimisers.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/cached_attention.hpp>
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
#include <ampsft/basis/policy.hpp>
#include <ampsft/simd/gemm.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/generate/sampling.hpp>
#include <ampsft/model/account.hpp>
#include <ampsft/model/transformer_file.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/clip.hpp>
#include <ampsft/train/sgd.hpp>
