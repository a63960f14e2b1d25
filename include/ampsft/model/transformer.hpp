// SPDX-License-Identifier: MIT
/// @file
/// A decoder-only transformer of the GPT-2 or Llama family whose weights may be parameterised in any way.
#pragma once

#include <ampsft/autograd/ops/checkpoint.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/token_batch.hpp>
#include <ampsft/model/block.hpp>
#include <ampsft/model/rope_frequencies.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ampsft {

/// Token embeddings, positions, `layers` blocks, a final normalisation and the LM head.
///
/// Weights are called `token_embedding.weight`, `blocks.<i>.attention.{q,k,v,output}.weight`,
/// `blocks.<i>.mlp.{gate,up,down}.weight`, `lm_head.weight`; the other parameters `position_embedding.weight`,
/// `blocks.<i>.norm_{1,2}.{weight,bias}`, `blocks.<i>.attention.{q,k}_norm.weight`, `final_norm.{weight,bias}` and
/// `<layer>.bias`. Gates, head norms, biases and learned positions are there where the config says so.
template <Scalar T>
class Transformer {
 public:
  using scalar = T;

  /// A model with random weights. Throws `Error` for a config that cannot be.
  explicit Transformer(const TransformerConfig& config, std::uint64_t seed = 0)
      : Transformer((config.validate(), config), RandomWeights<T>(seed)) {}

  /// A model whose matrices come from `source`; gains are 1, biases 0. `seed` is that of the dropout. Throws `Error`
  /// for a config that cannot be, and as the source does.
  Transformer(const TransformerConfig& config, WeightSource<T>& source, std::uint64_t seed = 0)
      : config_((config.validate(), config)),
        dropout_(seed),
        token_embedding_(
            source.weight("token_embedding.weight", config.vocabulary, config.width, config.initial_stddev)),
        position_embedding_(make_positions(config, source)),
        blocks_(make_blocks(config, source)),
        final_norm_("final_norm", config.width, config),
        head_(config.tied_head
                  ? token_embedding_.tied("lm_head.weight")
                  : source.weight("lm_head.weight", config.vocabulary, config.width, config.initial_stddev),
              "lm_head.bias", config.head_bias) {}

  [[nodiscard]] const TransformerConfig& config() const noexcept { return config_; }

  /// Whether training keeps a block's input only and computes the block again in the backward pass: the activations of
  /// one block instead of all, for a third more time (almost half where only scores are trained, from the exact start).
  void checkpoint_blocks(bool on) noexcept { checkpoints_ = on; }

  /// What the dropout masks are drawn from; a checkpoint keeps it.
  [[nodiscard]] Random& dropout_random() noexcept { return dropout_; }

  /// The final normalised activations, `T x width`.
  ///
  /// Throws `Error` if the tokens are not `sequences` rows of one length in `[1, context]`, or an id is outside of the
  /// vocabulary.
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, Index sequences) {
    return hidden(tape, TokenBatch{tokens, sequences});
  }

  /// The same of a batch, where tokens may belong to documents and stand at any position of the context.
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, const TokenBatch& batch) {
    batch.validate(config_.context);
    Pass<T> pass{batch.sequences};
    if (!batch.documents.empty()) {
      pass.documents =
          std::make_shared<const std::vector<std::int32_t>>(batch.documents.begin(), batch.documents.end());
    }
    if (batch.positions.empty()) {
      pass.positions = count_positions(batch.tokens.size(), batch.length(), 0);
    } else {
      pass.positions =
          std::make_shared<const std::vector<std::int32_t>>(batch.positions.begin(), batch.positions.end());
    }
    return run(tape, batch.tokens, pass, nullptr);
  }

  /// The final activations of new tokens of one text, which see those that the cache holds and are added to it.
  ///
  /// The tape must be one of inference. Throws `Error` if the text grows longer than the context, or an id is outside
  /// of the vocabulary. Cost: that of the new tokens, and their products with all keys.
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, KeyValueCache<T>& cache) {
    const auto count = static_cast<Index>(tokens.size());
    require(count > 0, "there are no tokens to go on with");
    require(count <= config_.context - cache.length(), "a text of ", cache.length(), " + ", count,
            " tokens is longer than the context of ", config_.context);
    Pass<T> pass{1};
    pass.positions = count_positions(tokens.size(), count, cache.length());
    pass.cached = cache.length();
    const Variable<T> h = run(tape, tokens, pass, &cache);
    cache.advance(count);
    return h;
  }

  /// Logits of rows of `hidden`, `T x vocabulary`.
  [[nodiscard]] Variable<T> logits(Variable<T> hidden) const { return head_.forward(hidden); }

  /// Mean cross-entropy in nats a target, 1 x 1; negative targets are ignored.
  [[nodiscard]] Variable<T> loss(Tape<T>& tape, std::span<const std::int32_t> tokens,
                                 std::span<const std::int32_t> targets, Index sequences) {
    return loss(tape, TokenBatch{tokens, sequences, targets});
  }

  /// The same of a batch with its documents and positions.
  [[nodiscard]] Variable<T> loss(Tape<T>& tape, const TokenBatch& batch) {
    const Variable<T> h = hidden(tape, batch);
    const Variable<T> mean = loss(h, batch.targets);
    h.release();
    return mean;
  }

  /// The same of rows of `hidden`, one target each.
  [[nodiscard]] Variable<T> loss(Variable<T> hidden, std::span<const std::int32_t> targets) const {
    return head_.loss(hidden, targets);
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
      Block<T>::for_each_norm(block, [&](Norm<T>& norm) {
        put(norm.gain.get());
        put(norm.bias.get());
      });
      Block<T>::for_each_linear(block, put_linear);
    }
    put(final_norm_.gain.get());
    put(final_norm_.bias.get());
    put_linear(head_);
    return list;
  }

 private:
  Transformer(const TransformerConfig& config, RandomWeights<T> source)
      : Transformer(config, source, source.model_seed) {}

  static std::unique_ptr<Parameter<T>> make_positions(const TransformerConfig& config, WeightSource<T>& source) {
    const std::string name = "position_embedding.weight";
    return config.positions == PositionKind::learned
               ? std::make_unique<Parameter<T>>(
                     name, source.matrix(name, config.context, config.width, config.initial_stddev))
               : nullptr;
  }

  static std::vector<Block<T>> make_blocks(const TransformerConfig& config, WeightSource<T>& source) {
    std::vector<Block<T>> blocks;
    for (Index i = 0; i < config.layers; ++i) {
      blocks.emplace_back("blocks." + std::to_string(i), config, source);
    }
    return blocks;
  }

  /// `first`, `first + 1`, ... in every sequence. The list of the last pass serves again when nothing refers to it.
  std::shared_ptr<const std::vector<std::int32_t>> count_positions(std::size_t count, Index length, Index first) {
    if (positions_ == nullptr || positions_.use_count() > 1) {
      positions_ = std::make_shared<std::vector<std::int32_t>>();
    }
    positions_->resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      (*positions_)[i] = static_cast<std::int32_t>(first + static_cast<Index>(i) % length);
    }
    return positions_;
  }

  /// The angles of all positions up to the pass's last. The table grows with the longest pass, for a context may be
  /// much longer than anything that is read.
  std::shared_ptr<const RopeTable<T>> turns(const std::vector<std::int32_t>& positions) {
    const Index needed = *std::max_element(positions.begin(), positions.end()) + 1;
    if (rope_tables_ == nullptr || rope_tables_->positions() < needed) {
      const Index grown = rope_tables_ == nullptr ? needed : std::max(needed, 2 * rope_tables_->positions());
      rope_tables_ = std::make_shared<const RopeTable<T>>(
          rope_frequencies(config_.rope, config_.width_of_head(), config_.frequency_factors),
          std::min(grown, config_.context), rope_magnitude(config_.rope));
    }
    return rope_tables_;
  }

  Variable<T> embed(Tape<T>& tape, std::span<const std::int32_t> tokens, const Pass<T>& pass) {
    const Variable<T> token = token_embedding_.gather(tape, tokens);
    if (position_embedding_ == nullptr) {
      return token;
    }
    const Variable<T> position =
        gather(tape.leaf(*position_embedding_), std::span<const std::int32_t>(*pass.positions));
    const Variable<T> sum = add(token, position);
    token.release();
    position.release();
    return sum;
  }

  Variable<T> run(Tape<T>& tape, std::span<const std::int32_t> tokens, Pass<T>& pass, KeyValueCache<T>* cache) {
    if (config_.positions == PositionKind::rotary) {
      pass.rope = turns(*pass.positions);
    }
    Variable<T> x = dropout(embed(tape, tokens, pass), config_.dropout, dropout_);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      pass.cache = cache != nullptr ? &cache->layer(i) : nullptr;
      const Random random = config_.dropout > 0.0 ? Random(dropout_()) : Random(0);
      const auto segment = [this, &block = blocks_[i], pass, random](Variable<T> in) {
        Random masks = random;  // the same whenever it runs
        return block.forward(in, pass, config_, masks);
      };
      x = checkpoints_ ? checkpoint(x, segment) : segment(x);
    }
    const Variable<T> normalised = final_norm_.forward(x);
    x.release();
    return normalised;
  }

  TransformerConfig config_;
  Random dropout_;
  Weight<T> token_embedding_;
  std::unique_ptr<Parameter<T>> position_embedding_;
  std::vector<Block<T>> blocks_;
  Norm<T> final_norm_;
  Linear<T> head_;
  bool checkpoints_ = false;
  std::shared_ptr<std::vector<std::int32_t>> positions_;  // of the last pass: memory that is kept
  std::shared_ptr<const RopeTable<T>> rope_tables_;
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
