// SPDX-License-Identifier: MIT
/// @file
/// A decoder-only transformer of the GPT-2 family whose weights may be parameterised in any way.
#pragma once

#include <ampsft/autograd/ops/checkpoint.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/nn/block.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ampsft {

/// Token and position embeddings, `layers` blocks, a final normalisation and the LM head.
///
/// Token ids come as one span, sequence after sequence, all of one length. Weights are called
/// `token_embedding.weight`, `blocks.<i>.attention.{q,k,v,output}.weight`, `blocks.<i>.mlp.{up,down}.weight`,
/// `lm_head.weight`; the other parameters `position_embedding.weight`, `blocks.<i>.norm_{1,2}.{weight,bias}`,
/// `final_norm.{weight,bias}` and `<layer>.bias`.
template <Scalar T>
class Transformer {
 public:
  using scalar = T;

  /// A model with random weights. Throws `Error` for a config that cannot be.
  explicit Transformer(const TransformerConfig& config, std::uint64_t seed = 0)
      : Transformer((config.validate(), config), Random(seed)) {}

  [[nodiscard]] const TransformerConfig& config() const noexcept { return config_; }

  /// Whether training keeps a block's input only and computes the block again in the backward pass: the activations of
  /// one block instead of all, for a third more time.
  void checkpoint_blocks(bool on) noexcept { checkpoints_ = on; }

  /// What the dropout masks are drawn from; a checkpoint keeps it.
  [[nodiscard]] Random& dropout_random() noexcept { return dropout_; }

  /// The final normalised activations, `T x width`.
  ///
  /// Throws `Error` if the tokens are not `sequences` rows of one length in `[1, context]`, or an id is outside of the
  /// vocabulary.
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, Index sequences) {
    const auto count = static_cast<Index>(tokens.size());
    require(sequences > 0 && count > 0 && count % sequences == 0, count, " tokens are not ", sequences,
            " sequences of one length");
    const Index length = count / sequences;
    require(length <= config_.context, "a sequence of ", length, " tokens is longer than the context of ",
            config_.context);
    positions_.resize(tokens.size());
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      positions_[i] = static_cast<std::int32_t>(static_cast<Index>(i) % length);
    }
    const Variable<T> token = token_embedding_.gather(tape, tokens);
    const Variable<T> position = gather(tape.leaf(*position_embedding_), std::span<const std::int32_t>(positions_));
    Variable<T> x = add(token, position);
    token.release();
    position.release();
    x = dropout(x, config_.dropout, dropout_);
    for (const auto& block : blocks_) {
      const Random random = config_.dropout > 0.0 ? Random(dropout_()) : Random(0);
      const auto run = [this, &block, random, sequences](Variable<T> in) {
        Random masks = random;  // the same whenever it runs
        return block.forward(in, sequences, config_, masks);
      };
      x = checkpoints_ ? checkpoint(x, run) : run(x);
    }
    const Variable<T> normalised = final_norm_.forward(x);
    x.release();
    return normalised;
  }

  /// Logits of rows of `hidden`, `T x vocabulary`.
  [[nodiscard]] Variable<T> logits(Variable<T> hidden) const { return head_.forward(hidden); }

  /// Mean cross-entropy in nats a target, 1 x 1; negative targets are ignored.
  [[nodiscard]] Variable<T> loss(Tape<T>& tape, std::span<const std::int32_t> tokens,
                                 std::span<const std::int32_t> targets, Index sequences) {
    const Variable<T> h = hidden(tape, tokens, sequences);
    const Variable<T> mean = head_.loss(h, targets);
    h.release();
    return mean;
  }

  /// All weight matrices, in the order of the computation; a tied LM head is listed too, sharing the embedding's.
  [[nodiscard]] WeightList<T> weights() {
    WeightList<T> list{&token_embedding_};
    for (auto& block : blocks_) {
      Block<T>::for_each_linear(block, [&](Linear<T>& layer) { list.push_back(&layer.weight); });
    }
    list.push_back(&head_.weight);
    return list;
  }

  /// Every parameter once, trainable or frozen: the leaves of the weights, positions, normalisations and biases. The
  /// frozen matrices behind scores and LoRA factors are no parameters any more.
  [[nodiscard]] ParameterList<T> parameters() {
    ParameterList<T> list;
    const auto put = [&](Parameter<T>* parameter) {
      if (parameter != nullptr && std::find(list.begin(), list.end(), parameter) == list.end()) {
        list.push_back(parameter);
      }
    };
    const auto put_linear = [&](Linear<T>& layer) {
      for (auto* leaf : layer.weight.leaves()) {
        put(leaf);
      }
      put(layer.bias.get());
    };
    for (auto* leaf : token_embedding_.leaves()) {
      put(leaf);
    }
    put(position_embedding_.get());
    for (auto& block : blocks_) {
      put(block.norm_1.gain.get());
      put(block.norm_1.bias.get());
      put(block.norm_2.gain.get());
      put(block.norm_2.bias.get());
      Block<T>::for_each_linear(block, put_linear);
    }
    put(final_norm_.gain.get());
    put(final_norm_.bias.get());
    put_linear(head_);
    return list;
  }

 private:
  Transformer(const TransformerConfig& config, Random random)
      : config_(config),
        dropout_(random()),
        token_embedding_("token_embedding.weight", normal(config.vocabulary, config.width, random)),
        position_embedding_(
            std::make_unique<Parameter<T>>("position_embedding.weight", normal(config.context, config.width, random))),
        blocks_(make_blocks(config, random)),
        final_norm_("final_norm", config.width, config.norm_bias, config.norm_epsilon),
        head_(config.tied_head ? token_embedding_.tied("lm_head.weight")
                               : Weight<T>("lm_head.weight", normal(config.vocabulary, config.width, random)),
              "lm_head.bias", config.head_bias) {}

  Matrix<T> normal(Index rows, Index cols, Random& random) const {
    Matrix<T> matrix = make_matrix<T>(rows, cols);
    fill_normal(matrix, config_.initial_deviation, random);
    return matrix;
  }

  static std::vector<Block<T>> make_blocks(const TransformerConfig& config, Random& random) {
    std::vector<Block<T>> blocks;
    for (Index i = 0; i < config.layers; ++i) {
      blocks.emplace_back("blocks." + std::to_string(i), config, random);
    }
    return blocks;
  }

  TransformerConfig config_;
  Random dropout_;
  Weight<T> token_embedding_;
  std::unique_ptr<Parameter<T>> position_embedding_;
  std::vector<Block<T>> blocks_;
  LayerNorm<T> final_norm_;
  Linear<T> head_;
  bool checkpoints_ = false;
  std::vector<std::int32_t> positions_;  // of the last pass: memory that is kept
};

/// Name patterns of the weights that paper 72 stacks and trains: all that are as wide as the residual stream (46,398
/// rows in its model). The output matrix of the MLP has another width and stays frozen.
[[nodiscard]] inline std::vector<std::string> paper72_targets() {
  return {"token_embedding.weight", "blocks.*.attention.*", "blocks.*.mlp.up.weight", "lm_head.weight"};
}

/// Number of elements of the trainable ones among the parameters.
template <Scalar T>
[[nodiscard]] Index trainable_count(const ParameterList<T>& parameters) {
  Index count = 0;
  for (const auto* parameter : parameters) {
    count += parameter->trainable ? parameter->size() : 0;
  }
  return count;
}

AMPSFT_INSTANCE(class Transformer<float>);
AMPSFT_INSTANCE(class Transformer<double>);

}  // namespace ampsft
