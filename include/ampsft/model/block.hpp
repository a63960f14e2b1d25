// SPDX-License-Identifier: MIT
/// @file
/// One transformer block: attention and MLP, each on a residual branch.
#pragma once

#include <ampsft/autograd/ops/add_scaled.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/attention_layer.hpp>
#include <ampsft/model/mlp.hpp>

#include <cmath>
#include <optional>
#include <string>

namespace ampsft {

/// `x + m post_norm_1(attention(norm_1(x)))`, then the same with the MLP and the other norms. Norms are there where the
/// layer's config says so; `m` is the residual multiplier.
template <Scalar T>
struct Block {
  std::optional<Norm<T>> norm_1;
  AttentionLayer<T> attention;
  std::optional<Norm<T>> post_norm_1;
  std::optional<Norm<T>> norm_2;
  Mlp<T> mlp;
  std::optional<Norm<T>> post_norm_2;

  /// Weights have the config's standard deviation; the two that end a residual branch are smaller by `sqrt(2 layers)`,
  /// as in GPT-2.
  Block(const std::string& name, const ModelConfig& c, const LayerConfig& layer, WeightSource<T>& source);

  /// `x` is `(sequences * length) x hidden_size`, as is the result; `random` feeds the dropout.
  [[nodiscard]] Variable<T> forward(Variable<T> x, const Pass<T>& pass, const ModelConfig& config,
                                    const LayerConfig& layer, Random& random) const;

  /// Calls `use` with every linear layer, in the order of the computation.
  template <class Self, class Use>
  static void for_each_linear(Self& self, Use&& use) {
    for (auto* layer : {&self.attention.q, &self.attention.k, &self.attention.v, &self.attention.output}) {
      use(*layer);
    }
    if (self.mlp.gate) {
      use(*self.mlp.gate);
    }
    use(self.mlp.up);
    use(self.mlp.down);
  }

  /// Calls `use` with every normalisation.
  template <class Self, class Use>
  static void for_each_norm(Self& self, Use&& use) {
    for (auto* norm : {&self.norm_1, &self.norm_2, &self.attention.q_norm, &self.attention.k_norm, &self.post_norm_1,
                       &self.post_norm_2}) {
      if (*norm) {
        use(**norm);
      }
    }
  }

 private:
  template <class Branch>
  static Variable<T> add_residual(Variable<T> x, const std::optional<Norm<T>>& before, Branch&& branch,
                                  const std::optional<Norm<T>>& after, const ModelConfig& config, Random& random) {
    Variable<T> y = branch(before ? before->forward(x) : x);
    if (after) {
      const Variable<T> normalised = after->forward(y);
      y.release();
      y = normalised;
    }
    const Variable<T> kept = dropout(y, config.dropout, random);
    const Variable<T> sum = add_scaled(x, kept, static_cast<T>(config.residual_multiplier));
    y.release();
    kept.release();
    x.release();
    return sum;
  }

  static std::optional<Norm<T>> make_norm(const std::string& name, const ModelConfig& c, bool there);

  static double branch_stddev(const ModelConfig& config);
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/block_inl.hpp>
#endif
