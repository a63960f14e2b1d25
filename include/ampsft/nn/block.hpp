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
    const Variable<T> h = norm_1.forward(x);
    const Variable<T> mixed = causal_attention(q.forward(h), k.forward(h), v.forward(h), sequences, config.heads);
    x = add(x, dropout(output.forward(mixed), config.dropout, random));
    const Variable<T> hidden = gelu(up.forward(norm_2.forward(x)), config.activation);
    return add(x, dropout(down.forward(hidden), config.dropout, random));
  }

  /// Calls `use` with every linear layer, in the order of the computation.
  template <class Self, class Use>
  static void for_each_linear(Self& self, Use&& use) {
    for (auto* layer : {&self.q, &self.k, &self.v, &self.output, &self.up, &self.down}) {
      use(*layer);
    }
  }

 private:
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
