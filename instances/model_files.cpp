// SPDX-License-Identifier: MIT
/// @file
/// Models from files and to files.
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
#include <ampsft/model/detail/stored_tensors.hpp>
#include <ampsft/model/parameter_file.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/model/transformer_file.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/model/detail/parameter_file_inl.hpp>
#include <ampsft/model/detail/pretrained_inl.hpp>
#include <ampsft/model/detail/stored_tensors_inl.hpp>
#include <ampsft/model/detail/transformer_file_inl.hpp>
