// SPDX-License-Identifier: MIT
/// @file
/// Bodies of bpe_trainer.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/text/bpe_tokenizer.hpp>
#include <ampsft/text/bpe_trainer.hpp>
#include <ampsft/text/detail/pair_index.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE BpeTokenizer train_bpe(std::string_view text, Index vocabulary_size, const BpeProgress& progress) {
  constexpr Index byte_count = BpeTokenizer::byte_count;
  require(vocabulary_size >= byte_count && vocabulary_size <= std::numeric_limits<std::int32_t>::max(),
          "a BPE vocabulary of ", vocabulary_size, " is impossible: its first 256 ids are the bytes");

  struct Candidate {
    std::int64_t count;
    std::uint64_t pair;
    // The heap's top is the largest: most frequent first, then the smallest pair.
    bool operator<(const Candidate& other) const noexcept {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };
  detail::PairIndex index(text);
  std::priority_queue<Candidate> candidates;
  const auto propose = [&](std::uint64_t pair) {
    if (const std::int64_t count = index.count(pair); count >= 2) {
      candidates.push({count, pair});
    }
  };
  const auto propose_created = [&] { std::for_each(index.created().begin(), index.created().end(), propose); };
  propose_created();

  std::vector<BpeMerge> merges;
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(byte_count), 1);
  while (static_cast<Index>(lengths.size()) < vocabulary_size && !candidates.empty()) {
    const auto [count, pair] = candidates.top();
    candidates.pop();
    // Counts of existing pairs only fall. A stale candidate goes back with its current count.
    if (index.count(pair) != count) {
      propose(pair);
      continue;
    }
    const auto left = static_cast<std::int32_t>(pair >> 32U);
    const auto right = static_cast<std::int32_t>(pair & 0xffffffffU);
    const std::int64_t length = lengths[static_cast<std::size_t>(left)] + lengths[static_cast<std::size_t>(right)];
    if (length > BpeTokenizer::longest_token) {
      continue;
    }
    index.merge(left, right, static_cast<std::int32_t>(lengths.size()));
    propose_created();
    merges.push_back({left, right});
    lengths.push_back(length);
    if (progress) {
      progress(static_cast<Index>(lengths.size()), vocabulary_size);
    }
  }
  return BpeTokenizer(std::move(merges));
}

}  // namespace ampsft
