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
template <Scalar T = float>
class Transformer {
 public:
  using scalar = T;

  /// A model with random weights. Throws `Error` for a config that cannot be.
  explicit Transformer(const ModelConfig& config, std::uint64_t seed = 0)
      : Transformer((config.validate(), config), RandomWeights<T>(seed)) {}

  /// A model whose matrices come from `source`; gains are 1, biases 0. `seed` is that of the dropout. Throws `Error`
  /// for a config that cannot be, and as the source does.
  Transformer(const ModelConfig& config, WeightSource<T>& source, std::uint64_t seed = 0);

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
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, Index sequences);

  /// The same of a batch, where tokens may belong to documents and stand at any position of the context.
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, const TokenBatch& batch);

  /// The final activations of new tokens of one text, which see those that the cache holds and are added to it.
  ///
  /// The tape must be one of inference. Throws `Error` if the text grows longer than the context, or an id is outside
  /// of the vocabulary. Cost: that of the new tokens, and their products with all keys.
  [[nodiscard]] Variable<T> hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, KeyValueCache<T>& cache);

  /// Whether keys that a cache holds since it was last empty, when a text was `cached` tokens long at most, are those
  /// of a text of `length` tokens: not where longrope has other angles for the longer one.
  [[nodiscard]] bool continues(Index cached, Index length) const;

  /// Logits of rows of `hidden`, `T x vocabulary`.
  [[nodiscard]] Variable<T> logits(Variable<T> hidden) const;

  /// Mean cross-entropy in nats a target, 1 x 1; negative targets are ignored.
  [[nodiscard]] Variable<T> loss(Tape<T>& tape, std::span<const std::int32_t> tokens,
                                 std::span<const std::int32_t> targets, Index sequences);

  /// The same of a batch with its documents and positions.
  [[nodiscard]] Variable<T> loss(Tape<T>& tape, const TokenBatch& batch);

  /// The same of rows of `hidden`, one target each.
  [[nodiscard]] Variable<T> loss(Variable<T> hidden, std::span<const std::int32_t> targets) const;

  /// All weight matrices, in the order of the computation; a tied LM head is listed too, sharing the embedding's.
  [[nodiscard]] WeightList<T> weights();

  /// Every parameter once, trainable or frozen: the leaves of the weights, positions, normalisations and biases. The
  /// frozen matrices behind scores and LoRA factors are no parameters any more.
  [[nodiscard]] ParameterList<T> parameters();

 private:
  Transformer(const ModelConfig& config, RandomWeights<T> source) : Transformer(config, source, source.model_seed) {}

  static std::unique_ptr<Parameter<T>> make_positions(const ModelConfig& config, WeightSource<T>& source);

  static std::vector<Block<T>> make_blocks(const ModelConfig& config, WeightSource<T>& source);

  Variable<T> embed(Tape<T>& tape, std::span<const std::int32_t> tokens, const Pass<T>& pass);

  /// Rows of `hidden` times the multiplier of the logits, which costs less there.
  Variable<T> scaled_for_head(Variable<T> hidden) const;

  Variable<T> run(Tape<T>& tape, std::span<const std::int32_t> tokens, Pass<T>& pass, KeyValueCache<T>* cache);

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
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<std::string> paper72_targets();

/// Number of elements of the trainable ones among the parameters.
template <Scalar T>
[[nodiscard]] Index trainable_count(const ParameterList<T>& parameters);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/transformer_inl.hpp>
#endif
