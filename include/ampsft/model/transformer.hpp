// SPDX-License-Identifier: MIT
/// @file
/// A decoder-only transformer of any family whose weights may be parameterised in any way.
#pragma once

#include <ampsft/autograd/ops/checkpoint.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/scale.hpp>
#include <ampsft/autograd/ops/soft_cap.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/token_batch.hpp>
#include <ampsft/model/block.hpp>
#include <ampsft/model/pass.hpp>

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
/// `blocks.<i>.[post_]norm_{1,2}.{weight,bias}`, `blocks.<i>.attention.{q,k}_norm.weight`, `final_norm.{weight,bias}`
/// and `<layer>.bias`. Gates, norms, biases and learned positions are there where the config says so.
///
/// Several threads may run passes of inference at once, each on its own tape and cache, as long as none trains the
/// model or changes its weights.
template <Scalar T>
class Transformer {
 public:
  using scalar = T;

  /// A model with random weights. Throws `Error` for a config that cannot be.
  explicit Transformer(const ModelConfig& config, std::uint64_t seed = 0)
      : Transformer((config.validate(), config), RandomWeights<T>(seed)) {}

  /// A model whose matrices come from `source`; gains are 1, biases 0. `seed` is that of the dropout. Throws `Error`
  /// for a config that cannot be, and as the source does.
  Transformer(const ModelConfig& config, WeightSource<T>& source, std::uint64_t seed = 0)
      : config_((config.validate(), config.completed())),
        dropout_(seed),
        token_embedding_(
            source.weight("token_embedding.weight", config.vocabulary, config.hidden_size, config.initial_stddev)),
        position_embedding_(make_positions(config_, source)),
        blocks_(make_blocks(config_, source)),
        final_norm_("final_norm", config_),
        head_(config.tied_head
                  ? token_embedding_.tied("lm_head.weight")
                  : source.weight("lm_head.weight", config.vocabulary, config.hidden_size, config.initial_stddev),
              "lm_head.bias", config.head_bias),
        memory_(std::make_unique<PassMemory<T>>(config_)) {}

  [[nodiscard]] const ModelConfig& config() const noexcept { return config_; }

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
      pass.positions = memory_->count_positions(batch.tokens.size(), batch.length(), 0);
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
    require(continues(cache.longest(), cache.length() + count), "a text of ", cache.length(), " tokens cannot grow by ",
            count, " in the cache: longrope has other angles for it; empty the cache and read the whole text again");
    Pass<T> pass{1};
    pass.positions = memory_->count_positions(tokens.size(), count, cache.length());
    pass.cached = cache.length();
    const Variable<T> h = run(tape, tokens, pass, &cache);
    cache.advance(count);
    return h;
  }

  /// Whether keys that a cache holds since it was last empty, when a text was `cached` tokens long at most, are those
  /// of a text of `length` tokens: not where longrope has other angles for the longer one.
  [[nodiscard]] bool continues(Index cached, Index length) const {
    return cached == 0 || std::all_of(config_.layers.begin(), config_.layers.end(), [&](const LayerConfig& layer) {
             const bool longrope = layer.rope && layer.rope->scaling == RopeScaling::longrope;
             const Index limit = longrope ? layer.rope->original_context : config_.context;
             return (cached <= limit) == (length <= limit);
           });
  }

  /// Logits of rows of `hidden`, `T x vocabulary`.
  [[nodiscard]] Variable<T> logits(Variable<T> hidden) const {
    const Variable<T> logits = head_.forward(scaled_for_head(hidden));
    return config_.logits_cap > 0 ? soft_cap(logits, static_cast<T>(config_.logits_cap)) : logits;
  }

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
    return head_.loss(scaled_for_head(hidden), targets, static_cast<T>(config_.logits_cap));
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
  Transformer(const ModelConfig& config, RandomWeights<T> source) : Transformer(config, source, source.model_seed) {}

  static std::unique_ptr<Parameter<T>> make_positions(const ModelConfig& config, WeightSource<T>& source) {
    const std::string name = "position_embedding.weight";
    return config.learned_positions
               ? std::make_unique<Parameter<T>>(
                     name, source.matrix(name, config.context, config.hidden_size, config.initial_stddev))
               : nullptr;
  }

  static std::vector<Block<T>> make_blocks(const ModelConfig& config, WeightSource<T>& source) {
    std::vector<Block<T>> blocks;
    for (Index i = 0; i < config.layers.size(); ++i) {
      blocks.emplace_back("blocks." + std::to_string(i), config, config.layers[i], source);
    }
    return blocks;
  }

  Variable<T> embed(Tape<T>& tape, std::span<const std::int32_t> tokens, const Pass<T>& pass) {
    Variable<T> token = token_embedding_.gather(tape, tokens);
    if (config_.embedding_multiplier != 1) {
      const Variable<T> scaled = scale(token, static_cast<T>(config_.embedding_multiplier));
      token.release();
      token = scaled;
    }
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

  /// Rows of `hidden` times the multiplier of the logits, which costs less there.
  Variable<T> scaled_for_head(Variable<T> hidden) const {
    return config_.logits_multiplier == 1 ? hidden : scale(hidden, static_cast<T>(config_.logits_multiplier));
  }

  Variable<T> run(Tape<T>& tape, std::span<const std::int32_t> tokens, Pass<T>& pass, KeyValueCache<T>* cache) {
    const Index longest = *std::max_element(pass.positions->begin(), pass.positions->end()) + 1;
    Variable<T> x = dropout(embed(tape, tokens, pass), config_.dropout, dropout_);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      pass.rope = memory_->rope(i, longest);
      pass.cache = cache != nullptr ? &cache->layer(i) : nullptr;
      const Random random = config_.dropout > 0.0 && tape.training() ? Random(dropout_()) : Random(0);
      const LayerConfig& layer = config_.layers[static_cast<Index>(i)];
      const auto segment = [this, &block = blocks_[i], &layer, pass, random](Variable<T> in) {
        Random masks = random;  // the same whenever it runs
        return block.forward(in, pass, config_, layer, masks);
      };
      x = checkpoints_ ? checkpoint(x, segment) : segment(x);
    }
    const Variable<T> normalised = final_norm_.forward(x);
    x.release();
    return normalised;
  }

  ModelConfig config_;
  Random dropout_;
  Weight<T> token_embedding_;
  std::unique_ptr<Parameter<T>> position_embedding_;
  std::vector<Block<T>> blocks_;
  Norm<T> final_norm_;
  Linear<T> head_;
  bool checkpoints_ = false;
  std::unique_ptr<PassMemory<T>> memory_;
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
