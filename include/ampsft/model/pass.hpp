// SPDX-License-Identifier: MIT
/// @file
/// What the blocks of one pass share, and what passes keep for the next one.
#pragma once

#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/key_value_cache.hpp>
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

/// What all blocks of one pass share; `rope` and `cache` are those of the block at hand. Holds its lists, for a
/// backward pass may run a block again.
template <Scalar T>
struct Pass {
  Index sequences = 1;
  std::shared_ptr<const std::vector<std::int32_t>> documents = {};  ///< of the tokens, or none
  std::shared_ptr<const std::vector<std::int32_t>> positions = {};  ///< of the tokens
  std::shared_ptr<const RopeTable<T>> rope = {};                    ///< or none
  typename KeyValueCache<T>::Layer* cache = nullptr;                ///< or none
  Index cached = 0;                                                 ///< tokens in it
};

/// The angles of one kind of rotary positions. Tables grow with the longest pass, for a context may be much longer than
/// anything that is read. Several threads may ask at once.
template <Scalar T>
class RopeTables {
 public:
  RopeTables(RopeConfig rope, Index head_dim, Index context)
      : rope_(std::move(rope)), head_dim_(head_dim), context_(context) {}

  [[nodiscard]] const RopeConfig& config() const noexcept { return rope_; }

  /// The angles of at least so many positions, as a text of that length has them.
  [[nodiscard]] std::shared_ptr<const RopeTable<T>> table(Index positions);

 private:
  RopeConfig rope_;
  Index head_dim_;
  Index context_;
  std::mutex mutex_;
  std::array<std::shared_ptr<const RopeTable<T>>, 2> tables_;
};

/// What the passes of a model keep for the next one. Several threads may use it at once.
template <Scalar T>
class PassMemory {
 public:
  explicit PassMemory(const ModelConfig& config);

  /// The angles of a layer for a pass whose last position is `positions - 1`; none for a layer without.
  [[nodiscard]] std::shared_ptr<const RopeTable<T>> rope(std::size_t layer, Index positions) const;

  /// `first`, `first + 1`, ... in every sequence. The list of the last pass serves again for one of the same shape; it
  /// is never changed, for other threads may read it.
  [[nodiscard]] std::shared_ptr<const std::vector<std::int32_t>> count_positions(std::size_t count, Index length,
                                                                                 Index first);

 private:
  std::vector<std::unique_ptr<RopeTables<T>>> kinds_;
  std::vector<RopeTables<T>*> of_layer_;
  std::mutex mutex_;
  std::shared_ptr<const std::vector<std::int32_t>> positions_;
  std::tuple<std::size_t, Index, Index> shape_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/pass_inl.hpp>
#endif
