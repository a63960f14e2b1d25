// SPDX-License-Identifier: MIT
/// @file
/// A table of merges from the scores of tokens.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The rank of each token by its score: the highest score has the smallest rank, equal scores have equal ones.
///
/// Throws `Error` for a score that is no number.
[[nodiscard]] inline std::vector<std::int32_t> ranks_by_score(const std::vector<float>& scores) {
  require(std::none_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); }),
          "a token's score is no number");
  std::vector<std::int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto score_of = [&](std::int32_t id) { return scores[static_cast<std::size_t>(id)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return score_of(a) > score_of(b); });
  std::vector<std::int32_t> ranks(scores.size());
  std::int32_t rank = -1;
  for (std::size_t place = 0; place < order.size(); ++place) {
    rank += place == 0 || score_of(order[place]) < score_of(order[place - 1]) ? 1 : 0;
    ranks[static_cast<std::size_t>(order[place])] = rank;
  }
  return ranks;
}

/// Finds all ways to make tokens of two others. Nearly every lookup misses the cache, so tokens are taken many at a
/// time, and the memory of each step is asked for in the step before.
class SplitFinder {
 public:
  /// `ids` are those of `tokens`; both must outlive it, and no more than `most` ways are allowed.
  SplitFinder(const std::vector<std::string>& tokens, const TokenIndex& ids, std::size_t most)
      : tokens_(&tokens), ids_(&ids), most_(most) {
    ranked_.reserve(std::min(most, 2 * tokens.size()));  // about as many as models have
  }

  /// Cuts a token before each of its characters but the first. `is_word` tells which ids may be its parts.
  template <class IsWord>
  void add(std::int32_t id, std::int32_t rank, IsWord&& is_word) {
    const std::string_view text = (*tokens_)[static_cast<std::size_t>(id)];
    const TextHash whole(text);
    TextHash left;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = first_character(text.substr(at)).size;
      left.append(text.substr(at, size));
      at += size;
      if (at < text.size()) {
        cuts_.push_back({text, at, left, whole.behind(left, text.size() - at), {rank, id}});
        ids_->prefetch_slot(cuts_.back().left_hash);
        ids_->prefetch_slot(cuts_.back().right_hash);
      }
    }
    constexpr std::size_t at_once = 256;
    if (cuts_.size() >= at_once) {
      find_words(is_word);
    }
  }

  /// The merges of all tokens that were added.
  template <class IsWord>
  [[nodiscard]] RankedMerges finish(IsWord&& is_word) {
    find_words(is_word);
    insert_found();
    return std::move(ranked_);
  }

 private:
  struct Cut {
    std::string_view text;
    std::size_t size;  // of the left part
    TextHash left_hash;
    TextHash right_hash;
    RankedMerge merge;
  };

  template <class IsWord>
  void find_words(IsWord&& is_word) {
    insert_found();
    for (const Cut& cut : cuts_) {
      ids_->prefetch_text(cut.left_hash);
      ids_->prefetch_text(cut.right_hash);
    }
    const auto find = [&](std::string_view text, TextHash hash) {
      const std::int32_t id = ids_->find(text, hash);
      return id != TokenIndex::none && is_word(id) ? id : TokenIndex::none;
    };
    for (const Cut& cut : cuts_) {
      const std::int32_t left = find(cut.text.substr(0, cut.size), cut.left_hash);
      const std::int32_t right = left == TokenIndex::none ? left : find(cut.text.substr(cut.size), cut.right_hash);
      if (right != TokenIndex::none) {
        found_.emplace_back(pair_key(left, right), cut.merge);
        ranked_.prefetch(found_.back().first);
      }
    }
    cuts_.clear();
  }

  void insert_found() {
    for (const auto& [pair, merge] : found_) {
      ranked_.emplace(pair, merge);
      require(ranked_.size() <= most_, "the tokens are made of each other in more than ", most_, " ways");
    }
    found_.clear();
  }

  const std::vector<std::string>* tokens_;
  const TokenIndex* ids_;
  std::size_t most_;
  std::vector<Cut> cuts_;
  std::vector<std::pair<std::uint64_t, RankedMerge>> found_;
  RankedMerges ranked_;
};

/// Every two words of the vocabulary that make a third one: what SentencePiece merges, in the order of the scores.
/// `is_word` tells which ids are words.
///
/// Throws `Error` for a score that is no number, words of more than 128 bytes and more than `most` merges.
template <class IsWord>
[[nodiscard]] RankedMerges ranks_of_scores(const std::vector<std::string>& tokens, const std::vector<float>& scores,
                                           const TokenIndex& ids, std::size_t most, IsWord&& is_word) {
  constexpr std::size_t longest = 128;  // each is cut before every character
  require(scores.size() == tokens.size(), "there are ", scores.size(), " scores for ", tokens.size(), " tokens");
  const std::vector<std::int32_t> ranks = ranks_by_score(scores);
  SplitFinder finder(tokens, ids, most);
  for (std::size_t place = 0; place < tokens.size(); ++place) {
    const auto id = static_cast<std::int32_t>(place);
    if (is_word(id) && !byte_of_token(tokens[place])) {
      require(tokens[place].size() <= longest, "token ", id, " has ", tokens[place].size(), " bytes; with scores at ",
              "most ", longest, " are supported");
      finder.add(id, ranks[place], is_word);
    }
  }
  return finder.finish(is_word);
}

}  // namespace ampsft::detail
