// SPDX-License-Identifier: MIT
/// @file
/// The operations of the tape, forward and backward.
#include <ampsft/simd/activations.hpp>
#include <ampsft/simd/attention_gradient.hpp>
#include <ampsft/simd/detail/dispatch.hpp>
#include <ampsft/simd/dropout.hpp>
#include <ampsft/simd/elementwise.hpp>
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gemm.hpp>
#include <ampsft/simd/log_sum_exp.hpp>
#include <ampsft/simd/normalize.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/autograd/detail/tape_inl.hpp>
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/add_scaled.hpp>
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
#include <ampsft/autograd/ops/scale.hpp>
#include <ampsft/autograd/ops/soft_cap.hpp>
#include <ampsft/autograd/ops/weighted_sum.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>
#include <ampsft/simd/detail/layer_inl.hpp>
