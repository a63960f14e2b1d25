// SPDX-License-Identifier: MIT
/// @file
/// One pre-norm transformer block: attention and MLP, each on a residual branch.
#pragma once

#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/nn/layer_norm.hpp>
#include <ampsft/nn/linear.hpp>
#include <ampsft/nn/transformer_config.hpp>

#include <cmath>

namespace ampsft {

/// `x + attention(norm_1(x))`, then the same with the MLP.
template <Scalar T>
struct Block {
  LayerNorm<T> norm_1;
  Linear<T> q;
  Linear<T> k;
  Linear<T> v;
  Linear<T> output;
  LayerNorm<T> norm_2;
  Linear<T> up;
  Linear<T> down;

  /// Weights are normal with the config's deviation; the two that end a residual branch are smaller by
  /// `sqrt(2 layers)`, as in GPT-2.
  Block(const std::string& name, const TransformerConfig& config, Random& random)
      : norm_1(name + ".norm_1", config.width, config.norm_bias, config.norm_epsilon),
        q(projection(name + ".attention.q", config, config.width, config.width, 1.0, random)),
        k(projection(name + ".attention.k", config, config.width, config.width, 1.0, random)),
        v(projection(name + ".attention.v", config, config.width, config.width, 1.0, random)),
        output(projection(name + ".attention.output", config, config.width, config.width, branch(config), random)),
        norm_2(name + ".norm_2", config.width, config.norm_bias, config.norm_epsilon),
        up(projection(name + ".mlp.up", config, config.mlp_width, config.width, 1.0, random)),
        down(projection(name + ".mlp.down", config, config.width, config.mlp_width, branch(config), random)) {}

  /// `x` is `(sequences * length) x width`, as is the result; `random` feeds the dropout.
  [[nodiscard]] Variable<T> forward(Variable<T> x, Index sequences, const TransformerConfig& config,
                                    Random& random) const {
    const Variable<T> middle = onto(x, attend(norm_1.forward(x), sequences, config), config, random);
    return onto(middle, think(norm_2.forward(middle), config), config, random);
  }

  /// Calls `use` with every linear layer, in the order of the computation.
  template <class Self, class Use>
  static void for_each_linear(Self& self, Use&& use) {
    for (auto* layer : {&self.q, &self.k, &self.v, &self.output, &self.up, &self.down}) {
      use(*layer);
    }
  }

 private:
  /// What follows gives the memory of each value back as soon as nothing needs it: in the forms that train scores
  /// alone, a layer's input is not needed by the backward pass.
  Variable<T> attend(Variable<T> x, Index sequences, const TransformerConfig& config) const {
    const Variable<T> queries = q.forward(x);
    const Variable<T> keys = k.forward(x);
    const Variable<T> values = v.forward(x);
    x.release();
    const Variable<T> mixed = causal_attention(queries, keys, values, sequences, config.heads);
    for (const auto& used : {queries, keys, values}) {
      used.release();
    }
    const Variable<T> y = output.forward(mixed);
    mixed.release();
    return y;
  }

  Variable<T> think(Variable<T> x, const TransformerConfig& config) const {
    const Variable<T> wide = up.forward(x);
    x.release();
    const Variable<T> active = gelu(wide, config.activation);
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
    return 1.0 / std::sqrt(2.0 * static_cast<double>(config.layers));
  }

  static Linear<T> projection(const std::string& name, const TransformerConfig& config, Index outputs, Index inputs,
                              double gain, Random& random) {
    Matrix<T> matrix = make_matrix<T>(outputs, inputs);
    fill_normal(matrix, gain * config.initial_deviation, random);
    return Linear<T>(name, std::move(matrix), config.linear_bias);
  }
};

}  // namespace ampsft
