// SPDX-License-Identifier: MIT
/// @file
/// Bodies of pass.hpp.
#pragma once

#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/key_value_cache.hpp>
#include <ampsft/model/pass.hpp>
#include <ampsft/model/rope_frequencies.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
std::shared_ptr<const RopeTable<T>> RopeTables<T>::table(Index positions) {
  const bool beyond = rope_.scaling == RopeScaling::longrope && positions > rope_.original_context;
  const std::lock_guard lock(mutex_);
  auto& table = tables_[beyond ? 1 : 0];
  if (table == nullptr || table->positions() < positions) {
    const Index grown = table == nullptr ? positions : std::max(positions, 2 * table->positions());
    table = std::make_shared<const RopeTable<T>>(rope_frequencies(rope_, head_dim_, beyond), std::min(grown, context_),
                                                 rope_magnitude(rope_));
  }
  return table;
}

template <Scalar T>
PassMemory<T>::PassMemory(const ModelConfig& config) {
  for (const LayerConfig& layer : config.layers) {
    of_layer_.push_back(nullptr);
    if (!layer.rope) {
      continue;
    }
    auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& k) { return k->config() == *layer.rope; });
    if (found == kinds_.end()) {
      kinds_.push_back(std::make_unique<RopeTables<T>>(*layer.rope, config.head_size(), config.context));
      found = std::prev(kinds_.end());
    }
    of_layer_.back() = found->get();
  }
}

template <Scalar T>
std::shared_ptr<const RopeTable<T>> PassMemory<T>::rope(std::size_t layer, Index positions) const {
  return of_layer_[layer] != nullptr ? of_layer_[layer]->table(positions) : nullptr;
}

template <Scalar T>
std::shared_ptr<const std::vector<std::int32_t>> PassMemory<T>::count_positions(std::size_t count, Index length,
                                                                                Index first) {
  const std::lock_guard lock(mutex_);
  const std::tuple shape{count, length, first};
  if (positions_ == nullptr || shape != shape_) {
    auto list = std::make_shared<std::vector<std::int32_t>>(count);
    for (std::size_t i = 0; i < count; ++i) {
      (*list)[i] = static_cast<std::int32_t>(first + static_cast<Index>(i) % length);
    }
    positions_ = std::move(list);
    shape_ = shape;
  }
  return positions_;
}

AMPSFT_INSTANCE(class RopeTables<float>);
AMPSFT_INSTANCE(class RopeTables<double>);
AMPSFT_INSTANCE(class PassMemory<float>);
AMPSFT_INSTANCE(class PassMemory<double>);

}  // namespace ampsft
