// SPDX-License-Identifier: MIT
/// @file
/// Bodies of transformer.hpp.
#pragma once

#include <ampsft/autograd/ops/checkpoint.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/scale.hpp>
#include <ampsft/autograd/ops/soft_cap.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/token_batch.hpp>
#include <ampsft/model/block.hpp>
#include <ampsft/model/pass.hpp>
#include <ampsft/model/transformer.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ampsft {

template <Scalar T>
Transformer<T>::Transformer(const ModelConfig& config, WeightSource<T>& source, std::uint64_t seed)
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

template <Scalar T>
Variable<T> Transformer<T>::hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, Index sequences) {
  return hidden(tape, TokenBatch{tokens, sequences});
}

template <Scalar T>
Variable<T> Transformer<T>::hidden(Tape<T>& tape, const TokenBatch& batch) {
  batch.validate(config_.context);
  Pass<T> pass{batch.sequences};
  if (!batch.documents.empty()) {
    pass.documents = std::make_shared<const std::vector<std::int32_t>>(batch.documents.begin(), batch.documents.end());
  }
  if (batch.positions.empty()) {
    pass.positions = memory_->count_positions(batch.tokens.size(), batch.length(), 0);
  } else {
    pass.positions = std::make_shared<const std::vector<std::int32_t>>(batch.positions.begin(), batch.positions.end());
  }
  return run(tape, batch.tokens, pass, nullptr);
}

template <Scalar T>
Variable<T> Transformer<T>::hidden(Tape<T>& tape, std::span<const std::int32_t> tokens, KeyValueCache<T>& cache) {
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

template <Scalar T>
bool Transformer<T>::continues(Index cached, Index length) const {
  return cached == 0 || std::all_of(config_.layers.begin(), config_.layers.end(), [&](const LayerConfig& layer) {
           const bool longrope = layer.rope && layer.rope->scaling == RopeScaling::longrope;
           const Index limit = longrope ? layer.rope->original_context : config_.context;
           return (cached <= limit) == (length <= limit);
         });
}

template <Scalar T>
Variable<T> Transformer<T>::logits(Variable<T> hidden) const {
  const Variable<T> logits = head_.forward(scaled_for_head(hidden));
  return config_.logits_cap > 0 ? soft_cap(logits, static_cast<T>(config_.logits_cap)) : logits;
}

template <Scalar T>
Variable<T> Transformer<T>::loss(Tape<T>& tape, std::span<const std::int32_t> tokens,
                                 std::span<const std::int32_t> targets, Index sequences) {
  return loss(tape, TokenBatch{tokens, sequences, targets});
}

template <Scalar T>
Variable<T> Transformer<T>::loss(Tape<T>& tape, const TokenBatch& batch) {
  const Variable<T> h = hidden(tape, batch);
  const Variable<T> mean = loss(h, batch.targets);
  h.release();
  return mean;
}

template <Scalar T>
Variable<T> Transformer<T>::loss(Variable<T> hidden, std::span<const std::int32_t> targets) const {
  return head_.loss(scaled_for_head(hidden), targets, static_cast<T>(config_.logits_cap));
}

template <Scalar T>
WeightList<T> Transformer<T>::weights() {
  WeightList<T> list{&token_embedding_};
  for (auto& block : blocks_) {
    Block<T>::for_each_linear(block, [&](Linear<T>& layer) { list.push_back(&layer.weight); });
  }
  list.push_back(&head_.weight);
  return list;
}

template <Scalar T>
ParameterList<T> Transformer<T>::parameters() {
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

template <Scalar T>
std::unique_ptr<Parameter<T>> Transformer<T>::make_positions(const ModelConfig& config, WeightSource<T>& source) {
  const std::string name = "position_embedding.weight";
  return config.learned_positions
             ? std::make_unique<Parameter<T>>(
                   name, source.matrix(name, config.context, config.hidden_size, config.initial_stddev))
             : nullptr;
}

template <Scalar T>
std::vector<Block<T>> Transformer<T>::make_blocks(const ModelConfig& config, WeightSource<T>& source) {
  std::vector<Block<T>> blocks;
  for (Index i = 0; i < config.layers.size(); ++i) {
    blocks.emplace_back("blocks." + std::to_string(i), config, config.layers[i], source);
  }
  return blocks;
}

template <Scalar T>
Variable<T> Transformer<T>::embed(Tape<T>& tape, std::span<const std::int32_t> tokens, const Pass<T>& pass) {
  Variable<T> token = token_embedding_.gather(tape, tokens);
  if (config_.embedding_multiplier != 1) {
    const Variable<T> scaled = scale(token, static_cast<T>(config_.embedding_multiplier));
    token.release();
    token = scaled;
  }
  if (position_embedding_ == nullptr) {
    return token;
  }
  const Variable<T> position = gather(tape.leaf(*position_embedding_), std::span<const std::int32_t>(*pass.positions));
  const Variable<T> sum = add(token, position);
  token.release();
  position.release();
  return sum;
}

template <Scalar T>
Variable<T> Transformer<T>::scaled_for_head(Variable<T> hidden) const {
  return config_.logits_multiplier == 1 ? hidden : scale(hidden, static_cast<T>(config_.logits_multiplier));
}

template <Scalar T>
Variable<T> Transformer<T>::run(Tape<T>& tape, std::span<const std::int32_t> tokens, Pass<T>& pass,
                                KeyValueCache<T>* cache) {
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

AMPSFT_HEADER_INLINE std::vector<std::string> paper72_targets() {
  return {"token_embedding.weight", "blocks.*.attention.*", "blocks.*.mlp.up.weight", "lm_head.weight"};
}

template <Scalar T>
Index trainable_count(const ParameterList<T>& parameters) {
  Index count = 0;
  for (const auto* parameter : parameters) {
    count += parameter->trainable ? parameter->size() : 0;
  }
  return count;
}

AMPSFT_INSTANCE(Index trainable_count(const ParameterList<float>& parameters));
AMPSFT_INSTANCE(Index trainable_count(const ParameterList<double>& parameters));
AMPSFT_INSTANCE(class Transformer<float>);
AMPSFT_INSTANCE(class Transformer<double>);

}  // namespace ampsft
