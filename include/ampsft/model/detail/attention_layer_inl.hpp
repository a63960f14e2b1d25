// SPDX-License-Identifier: MIT
/// @file
/// Bodies of attention_layer.hpp.
#pragma once

#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/cached_attention.hpp>
#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/attention_layer.hpp>
#include <ampsft/model/linear.hpp>
#include <ampsft/model/norm.hpp>
#include <ampsft/model/pass.hpp>
#include <ampsft/model/weight_source.hpp>

#include <optional>
#include <string>

namespace ampsft {

template <Scalar T>
AttentionLayer<T>::AttentionLayer(const std::string& name, const ModelConfig& c, const LayerConfig& layer,
                                  double output_stddev, WeightSource<T>& source)
    : q(source, name + ".q", c.query_size(), c.hidden_size, c.attention_bias, c.initial_stddev),
      k(source, name + ".k", c.key_size(), c.hidden_size, c.attention_bias, c.initial_stddev),
      v(source, name + ".v", c.key_size(), c.hidden_size, c.attention_bias, c.initial_stddev),
      q_norm(make_norm(name + ".q_norm", c, layer, c.query_size())),
      k_norm(make_norm(name + ".k_norm", c, layer, c.key_size())),
      output(source, name + ".output", c.hidden_size, c.query_size(), c.attention_output_bias, output_stddev) {}

template <Scalar T>
Variable<T> AttentionLayer<T>::forward(Variable<T> x, const Pass<T>& pass, const ModelConfig& c,
                                       const LayerConfig& layer, bool keeps_input) const {
  const Variable<T> queries = apply_positions(q.forward(x), q_norm, c.heads, pass, layer);
  const Variable<T> keys = apply_positions(k.forward(x), k_norm, c.kv_heads, pass, layer);
  const Variable<T> values = v.forward(x);
  if (!keeps_input) {
    x.release();
  }
  const Variable<T> attended = attend(queries, keys, values, pass, c, layer);
  for (const auto& used : {queries, keys, values}) {
    used.release();
  }
  const Variable<T> y = output.forward(attended);
  attended.release();
  return y;
}

template <Scalar T>
Variable<T> AttentionLayer<T>::apply_positions(Variable<T> x, const std::optional<Norm<T>>& norm, Index heads,
                                               const Pass<T>& pass, const LayerConfig& layer) {
  if (norm) {
    const Variable<T> normalised = norm->forward(x);
    x.release();
    x = normalised;
  }
  if (pass.rope) {
    const Variable<T> rotated = apply_rope<T>(x, pass.rope, *pass.positions, heads, layer.rope->pairing);
    x.release();
    x = rotated;
  }
  return x;
}

template <Scalar T>
Variable<T> AttentionLayer<T>::attend(Variable<T> queries, Variable<T> keys, Variable<T> values, const Pass<T>& pass,
                                      const ModelConfig& c, const LayerConfig& layer) {
  AttentionOptions options;
  options.kv_heads = c.kv_heads;
  options.scale = c.attention_scale;
  options.window = layer.window;
  if (pass.cache != nullptr) {
    return cached_attention<T>(queries, keys, values, *pass.cache, pass.cached, c.heads, options);
  }
  if (pass.documents) {
    options.documents = *pass.documents;
  }
  return causal_attention(queries, keys, values, pass.sequences, c.heads, options);
}

template <Scalar T>
std::optional<Norm<T>> AttentionLayer<T>::make_norm(const std::string& name, const ModelConfig& c,
                                                    const LayerConfig& layer, Index whole) {
  if (layer.qk_norm == QkNorm::none) {
    return std::nullopt;
  }
  const Index size = layer.qk_norm == QkNorm::whole ? whole : c.head_size();
  return std::optional<Norm<T>>(std::in_place, name, size, NormKind::rms, c.norm_epsilon, false);
}

AMPSFT_INSTANCE(struct AttentionLayer<float>);
AMPSFT_INSTANCE(struct AttentionLayer<double>);

}  // namespace ampsft
