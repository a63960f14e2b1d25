// SPDX-License-Identifier: MIT
/// @file
/// Bodies of block.hpp.
#pragma once

#include <ampsft/autograd/ops/add_scaled.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/attention_layer.hpp>
#include <ampsft/model/block.hpp>
#include <ampsft/model/mlp.hpp>

#include <cmath>
#include <optional>
#include <string>

namespace ampsft {

template <Scalar T>
Block<T>::Block(const std::string& name, const ModelConfig& c, const LayerConfig& layer, WeightSource<T>& source)
    : norm_1(make_norm(name + ".norm_1", c, layer.norms != NormPlacement::after)),
      attention(name + ".attention", c, layer, branch_stddev(c), source),
      post_norm_1(make_norm(name + ".post_norm_1", c, layer.norms != NormPlacement::before)),
      norm_2(make_norm(name + ".norm_2", c, layer.norms != NormPlacement::after)),
      mlp(name + ".mlp", c, layer, branch_stddev(c), source),
      post_norm_2(make_norm(name + ".post_norm_2", c, layer.norms != NormPlacement::before)) {}

template <Scalar T>
Variable<T> Block<T>::forward(Variable<T> x, const Pass<T>& pass, const ModelConfig& config, const LayerConfig& layer,
                              Random& random) const {
  const bool keeps = layer.norms == NormPlacement::after;  // branches read the stream itself
  const auto branch_1 = [&](Variable<T> in) { return attention.forward(in, pass, config, layer, keeps); };
  const auto branch_2 = [&](Variable<T> in) { return mlp.forward(in, layer.activation, keeps); };
  const Variable<T> middle = add_residual(x, norm_1, branch_1, post_norm_1, config, random);
  return add_residual(middle, norm_2, branch_2, post_norm_2, config, random);
}

template <Scalar T>
std::optional<Norm<T>> Block<T>::make_norm(const std::string& name, const ModelConfig& c, bool there) {
  return there ? std::optional<Norm<T>>(std::in_place, name, c) : std::nullopt;
}

template <Scalar T>
double Block<T>::branch_stddev(const ModelConfig& config) {
  return 1.0 / std::sqrt(2.0 * static_cast<double>(config.layers.size())) * config.initial_stddev;
}

AMPSFT_INSTANCE(struct Block<float>);
AMPSFT_INSTANCE(struct Block<double>);

}  // namespace ampsft
