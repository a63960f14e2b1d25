// SPDX-License-Identifier: MIT
/// @file
/// Applies byte-pair merges to one word.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Both ids of a pair in one word.
[[nodiscard]] constexpr std::uint64_t pair_key(std::int32_t left, std::int32_t right) noexcept {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
}

/// Spreads the bits of a pair (splitmix64's finaliser); the standard library's hash of a number is the number, whose
/// low bits are those of the right id alone.
struct PairHash {
  [[nodiscard]] std::size_t operator()(std::uint64_t key) const noexcept {
    key = (key ^ (key >> 30U)) * 0xbf58476d1ce4e5b9U;
    key = (key ^ (key >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>(key ^ (key >> 31U));
  }
};

/// From a pair to the id that it becomes. Smaller ids merge first.
using MergeIds = std::unordered_map<std::uint64_t, std::int32_t, PairHash>;

/// Merges words one after another, keeping its memory between them.
///
/// A linked list of tokens and a heap of candidate merges, smallest id and then leftmost first: n log n, so that a
/// word of a million bytes is no trap. Merged tokens have larger ids than the merge that made them, hence no candidate
/// can appear that should have come earlier.
class MergeWord {
 public:
  /// Appends the ids of `word` to `ids`.
  void operator()(std::string_view word, const MergeIds& merges, std::vector<std::int32_t>& ids) {
    nodes_.resize(word.size());
    candidates_.clear();
    for (std::size_t i = 0; i < word.size(); ++i) {
      nodes_[i] = {static_cast<unsigned char>(word[i]), i == 0 ? none : i - 1, i + 1 == word.size() ? none : i + 1};
    }
    for (std::size_t i = 0; i < word.size(); ++i) {
      propose(i, merges);
    }
    while (!candidates_.empty()) {
      std::pop_heap(candidates_.begin(), candidates_.end(), std::greater<>());
      const auto [id, left] = candidates_.back();
      candidates_.pop_back();
      // The candidate is stale unless the two tokens that stand there now still make this id.
      if (merged_id(left, merges) == id) {
        join(left, id);
        propose(left, merges);
        propose(nodes_[left].previous, merges);
      }
    }
    for (std::size_t i = word.empty() ? none : 0; i != none; i = nodes_[i].next) {
      ids.push_back(nodes_[i].id);
    }
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  static constexpr std::int32_t gone = -1;

  struct Node {
    std::int32_t id;
    std::size_t previous;
    std::size_t next;
  };

  [[nodiscard]] std::int32_t merged_id(std::size_t left, const MergeIds& merges) const {
    if (left == none || nodes_[left].id == gone || nodes_[left].next == none) {
      return gone;
    }
    const auto found = merges.find(pair_key(nodes_[left].id, nodes_[nodes_[left].next].id));
    return found == merges.end() ? gone : found->second;
  }

  void propose(std::size_t left, const MergeIds& merges) {
    if (const std::int32_t id = merged_id(left, merges); id != gone) {
      candidates_.emplace_back(id, left);
      std::push_heap(candidates_.begin(), candidates_.end(), std::greater<>());
    }
  }

  void join(std::size_t left, std::int32_t id) {
    Node& node = nodes_[left];
    Node& absorbed = nodes_[node.next];
    node.id = id;
    node.next = absorbed.next;
    absorbed.id = gone;
    if (node.next != none) {
      nodes_[node.next].previous = left;
    }
  }

  std::vector<Node> nodes_;
  std::vector<std::pair<std::int32_t, std::size_t>> candidates_;
};

}  // namespace ampsft::detail
