// SPDX-License-Identifier: MIT
/// @file
/// The attention of a block: projections, norms of q and k, rotary positions, windows, cache.
#pragma once

#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/cached_attention.hpp>
#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/linear.hpp>
#include <ampsft/model/norm.hpp>
#include <ampsft/model/pass.hpp>
#include <ampsft/model/weight_source.hpp>

#include <optional>
#include <string>

namespace ampsft {

/// `softmax(scale rope(q) rope(k)' + mask) v W_output'`, many heads at a time.
template <Scalar T>
struct AttentionLayer {
  Linear<T> q;
  Linear<T> k;
  Linear<T> v;
  std::optional<Norm<T>> q_norm;
  std::optional<Norm<T>> k_norm;
  Linear<T> output;

  AttentionLayer(const std::string& name, const ModelConfig& c, const LayerConfig& layer, double output_stddev,
                 WeightSource<T>& source);

  /// Releases `x`, unless it is to be kept, and every value as soon as nothing needs it: in the forms that train scores
  /// alone, a layer's input is not needed by the backward pass.
  [[nodiscard]] Variable<T> forward(Variable<T> x, const Pass<T>& pass, const ModelConfig& c, const LayerConfig& layer,
                                    bool keeps_input) const;

 private:
  /// Queries or keys, normalised and rotated to their positions where the layer does so.
  static Variable<T> apply_positions(Variable<T> x, const std::optional<Norm<T>>& norm, Index heads,
                                     const Pass<T>& pass, const LayerConfig& layer);

  static Variable<T> attend(Variable<T> queries, Variable<T> keys, Variable<T> values, const Pass<T>& pass,
                            const ModelConfig& c, const LayerConfig& layer);

  static std::optional<Norm<T>> make_norm(const std::string& name, const ModelConfig& c, const LayerConfig& layer,
                                          Index whole);
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/attention_layer_inl.hpp>
#endif
