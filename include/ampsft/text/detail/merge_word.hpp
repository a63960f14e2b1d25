// SPDX-License-Identifier: MIT
/// @file
/// Applies byte-pair merges to one word.
#pragma once

#include <ampsft/text/detail/flat_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The key of a pair of ids.
[[nodiscard]] constexpr std::uint64_t pair_key(std::int32_t left, std::int32_t right) noexcept {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
}

/// The two ids of a key, left and right.
[[nodiscard]] constexpr std::pair<std::int32_t, std::int32_t> ids_of_pair(std::uint64_t key) noexcept {
  return {static_cast<std::int32_t>(key >> 32U), static_cast<std::int32_t>(static_cast<std::uint32_t>(key))};
}

/// From a pair to the id of its merge. Smaller ids merge first.
using MergeIds = FlatMap<std::int32_t>;

/// The result of a merge, and its rank: smaller ranks merge first.
struct RankedMerge {
  std::int32_t rank;
  std::int32_t id;
};

/// A merge that was applied: two ids and their result.
struct MadeMerge {
  std::int32_t left;
  std::int32_t right;
  std::int32_t id;
};

/// From a pair to its merge.
using RankedMerges = FlatMap<RankedMerge>;

[[nodiscard]] constexpr RankedMerge ranked(std::int32_t id) noexcept {
  return {id, id};
}

[[nodiscard]] constexpr RankedMerge ranked(const RankedMerge& merge) noexcept {
  return merge;
}

/// Merges one word after another and reuses its memory.
///
/// Keeps a linked list of tokens and a heap of candidates, smallest rank first, then leftmost. Cost: n log n, also for
/// a word of a million bytes.
class MergeWord {
 public:
  /// Appends the ids of `word`, whose bytes are the first ids, to `ids`.
  void operator()(std::string_view word, const MergeIds& merges, std::vector<std::int32_t>& ids) {
    begin(word.size());
    for (std::size_t i = 0; i < word.size(); ++i) {
      nodes_[i].id = static_cast<unsigned char>(word[i]);
    }
    merge(merges, ids, nullptr);
  }

  /// Appends the ids of a word that begins as `symbols` to `ids`, and all merges on the way to `made`, if given.
  void operator()(std::span<const std::int32_t> symbols, const RankedMerges& merges, std::vector<std::int32_t>& ids,
                  std::vector<MadeMerge>* made = nullptr) {
    begin(symbols.size());
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      nodes_[i].id = symbols[i];
    }
    merge(merges, ids, made);
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  static constexpr std::int32_t gone = -1;

  struct Node {
    std::int32_t id = gone;
    RankedMerge merge{gone, gone};  // with the next node
    std::size_t previous = none;
    std::size_t next = none;
  };

  void begin(std::size_t size) {
    nodes_.assign(size, {});
    candidates_.clear();
    for (std::size_t i = 0; i < size; ++i) {
      nodes_[i].previous = i == 0 ? none : i - 1;
      nodes_[i].next = i + 1 == size ? none : i + 1;
    }
  }

  template <class Merges>
  void merge(const Merges& merges, std::vector<std::int32_t>& ids, std::vector<MadeMerge>* made) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (look_up(i, merges)) {
        candidates_.emplace_back(nodes_[i].merge.rank, i);
      }
    }
    std::make_heap(candidates_.begin(), candidates_.end(), std::greater<>());
    while (!candidates_.empty()) {
      std::pop_heap(candidates_.begin(), candidates_.end(), std::greater<>());
      const auto [rank, left] = candidates_.back();
      candidates_.pop_back();
      // The candidate is stale unless the two current tokens merge with this rank.
      Node& node = nodes_[left];
      if (node.id != gone && node.merge.rank == rank) {
        if (made != nullptr) {
          made->push_back({node.id, nodes_[node.next].id, node.merge.id});
        }
        join(node, left);
        propose(left, merges);
        propose(node.previous, merges);
      }
    }
    for (std::size_t i = nodes_.empty() ? none : 0; i != none; i = nodes_[i].next) {
      ids.push_back(nodes_[i].id);
    }
  }

  /// Looks up the merge of a node with the next one, once for every new pair. Returns whether there is one.
  template <class Merges>
  [[nodiscard]] bool look_up(std::size_t left, const Merges& merges) {
    Node& node = nodes_[left];
    const auto* const found = node.next == none ? nullptr : merges.find(pair_key(node.id, nodes_[node.next].id));
    node.merge = found == nullptr ? RankedMerge{gone, gone} : ranked(*found);
    return found != nullptr;
  }

  template <class Merges>
  void propose(std::size_t left, const Merges& merges) {
    if (left != none && look_up(left, merges)) {
      candidates_.emplace_back(nodes_[left].merge.rank, left);
      std::push_heap(candidates_.begin(), candidates_.end(), std::greater<>());
    }
  }

  void join(Node& node, std::size_t place) {
    Node& absorbed = nodes_[node.next];
    node.id = node.merge.id;
    node.next = absorbed.next;
    absorbed.id = gone;
    if (node.next != none) {
      nodes_[node.next].previous = place;
    }
  }

  std::vector<Node> nodes_;
  std::vector<std::pair<std::int32_t, std::size_t>> candidates_;
};

}  // namespace ampsft::detail
