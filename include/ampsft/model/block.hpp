// SPDX-License-Identifier: MIT
/// @file
/// One pre-norm transformer block: attention and MLP, each on a residual branch.
#pragma once

#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/autograd/ops/swiglu.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/key_value_cache.hpp>
#include <ampsft/model/linear.hpp>
#include <ampsft/model/norm.hpp>
#include <ampsft/model/transformer_config.hpp>
#include <ampsft/model/weight_source.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ampsft {

/// What all blocks of one pass share. Holds its lists, for a backward pass may run a block again.
template <Scalar T>
struct Pass {
  Index sequences = 1;
  std::shared_ptr<const std::vector<std::int32_t>> documents = {};  ///< of the tokens, or none
  std::shared_ptr<const std::vector<std::int32_t>> positions = {};  ///< of the tokens
  std::shared_ptr<const RopeTable<T>> rope = {};                    ///< or none
  typename KeyValueCache<T>::Layer* cache = nullptr;                ///< or none
  Index cached = 0;                                                 ///< tokens in it
};

/// `x + attention(norm_1(x))`, then the same with the MLP.
template <Scalar T>
struct Block {
  Norm<T> norm_1;
  Linear<T> q;
  Linear<T> k;
  Linear<T> v;
  std::optional<Norm<T>> q_norm;
  std::optional<Norm<T>> k_norm;
  Linear<T> output;
  Norm<T> norm_2;
  std::optional<Linear<T>> gate;
  Linear<T> up;
  Linear<T> down;

  /// Weights have the config's standard deviation; the two that end a residual branch are smaller by `sqrt(2 layers)`,
  /// as in GPT-2.
  Block(const std::string& name, const TransformerConfig& c, WeightSource<T>& source)
      : norm_1(name + ".norm_1", c.width, c),
        q(linear(name + ".attention.q", c.query_width(), c.width, c.attention_bias, c.initial_stddev, source)),
        k(linear(name + ".attention.k", c.key_width(), c.width, c.attention_bias, c.initial_stddev, source)),
        v(linear(name + ".attention.v", c.key_width(), c.width, c.attention_bias, c.initial_stddev, source)),
        q_norm(head_norm(name + ".attention.q_norm", c)),
        k_norm(head_norm(name + ".attention.k_norm", c)),
        output(
            linear(name + ".attention.output", c.width, c.query_width(), c.attention_output_bias, branch(c), source)),
        norm_2(name + ".norm_2", c.width, c),
        gate(gate_of(name, c, source)),
        up(linear(name + ".mlp.up", c.intermediate_size, c.width, c.mlp_bias, c.initial_stddev, source)),
        down(linear(name + ".mlp.down", c.width, c.intermediate_size, c.mlp_bias, branch(c), source)) {}

  /// `x` is `(sequences * length) x width`, as is the result; `random` feeds the dropout.
  [[nodiscard]] Variable<T> forward(Variable<T> x, const Pass<T>& pass, const TransformerConfig& config,
                                    Random& random) const {
    const Variable<T> middle = onto(x, attend(norm_1.forward(x), pass, config), config, random);
    return onto(middle, think(norm_2.forward(middle), config), config, random);
  }

  /// Calls `use` with every linear layer, in the order of the computation.
  template <class Self, class Use>
  static void for_each_linear(Self& self, Use&& use) {
    for (auto* layer : {&self.q, &self.k, &self.v, &self.output}) {
      use(*layer);
    }
    if (self.gate) {
      use(*self.gate);
    }
    use(self.up);
    use(self.down);
  }

  /// Calls `use` with every normalisation.
  template <class Self, class Use>
  static void for_each_norm(Self& self, Use&& use) {
    use(self.norm_1);
    use(self.norm_2);
    for (auto* norm : {&self.q_norm, &self.k_norm}) {
      if (*norm) {
        use(**norm);
      }
    }
  }

 private:
  /// What follows gives the memory of each value back as soon as nothing needs it: in the forms that train scores
  /// alone, a layer's input is not needed by the backward pass.
  Variable<T> attend(Variable<T> x, const Pass<T>& pass, const TransformerConfig& config) const {
    const Variable<T> queries = place(q.forward(x), q_norm, config.heads, pass, config);
    const Variable<T> keys = place(k.forward(x), k_norm, config.kv_head_count(), pass, config);
    const Variable<T> values = v.forward(x);
    x.release();
    const Variable<T> mixed = mix(queries, keys, values, pass, config);
    for (const auto& used : {queries, keys, values}) {
      used.release();
    }
    const Variable<T> y = output.forward(mixed);
    mixed.release();
    return y;
  }

  /// Queries or keys, normalised and rotated to their positions where the model does so.
  static Variable<T> place(Variable<T> x, const std::optional<Norm<T>>& norm, Index heads, const Pass<T>& pass,
                           const TransformerConfig& config) {
    if (norm) {
      const Variable<T> normalised = norm->forward(x);
      x.release();
      x = normalised;
    }
    if (pass.rope) {
      const Variable<T> transposed = apply_rope<T>(x, pass.rope, *pass.positions, heads, config.rope.pairing);
      x.release();
      x = transposed;
    }
    return x;
  }

  static Variable<T> mix(Variable<T> queries, Variable<T> keys, Variable<T> values, const Pass<T>& pass,
                         const TransformerConfig& config) {
    if (pass.cache != nullptr) {
      return cached_attention<T>(queries, keys, values, *pass.cache, pass.cached, config.heads, config.kv_head_count());
    }
    AttentionOptions options;
    options.kv_heads = config.kv_head_count();
    if (pass.documents) {
      options.documents = *pass.documents;
    }
    return causal_attention(queries, keys, values, pass.sequences, config.heads, options);
  }

  Variable<T> think(Variable<T> x, const TransformerConfig& config) const {
    const Variable<T> gating = gate ? gate->forward(x) : Variable<T>{};
    const Variable<T> wide = up.forward(x);
    x.release();
    const Variable<T> active =
        gate ? swiglu(gating, wide)
             : gelu(wide, config.activation == Activation::gelu_erf ? GeluForm::erf : GeluForm::tanh);
    gating.release();
    wide.release();
    const Variable<T> y = down.forward(active);
    active.release();
    return y;
  }

  static Variable<T> onto(Variable<T> x, Variable<T> branch, const TransformerConfig& config, Random& random) {
    const Variable<T> kept = dropout(branch, config.dropout, random);
    const Variable<T> sum = add(x, kept);
    branch.release();
    kept.release();
    x.release();
    return sum;
  }

  static double branch(const TransformerConfig& config) {
    return 1.0 / std::sqrt(2.0 * static_cast<double>(config.layers)) * config.initial_stddev;
  }

  static Linear<T> linear(const std::string& name, Index outputs, Index inputs, bool bias, double stddev,
                          WeightSource<T>& source) {
    return Linear<T>(source.weight(name + ".weight", outputs, inputs, stddev), name + ".bias", bias);
  }

  static std::optional<Norm<T>> head_norm(const std::string& name, const TransformerConfig& c) {
    return c.qk_norm
               ? std::optional<Norm<T>>(std::in_place, name, c.width_of_head(), NormKind::rms, c.norm_epsilon, false)
               : std::nullopt;
  }

  static std::optional<Linear<T>> gate_of(const std::string& name, const TransformerConfig& c,
                                          WeightSource<T>& source) {
    return c.gated() ? std::optional<Linear<T>>(linear(name + ".mlp.gate", c.intermediate_size, c.width, c.mlp_bias,
                                                       c.initial_stddev, source))
                     : std::nullopt;
  }
};

}  // namespace ampsft
