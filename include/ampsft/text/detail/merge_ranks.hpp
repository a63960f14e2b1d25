// SPDX-License-Identifier: MIT
/// @file
/// Which pairs of tokens merge, and in which order: from a list of merges, or from the scores of tokens.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
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

/// The merges of a list. Their ranks are their places in it; of equal pairs the last one counts, as in Hugging Face's
/// tokenizers. Merges whose result `is_refused` are left out.
///
/// Throws `Error` for a merge of something that is no token.
template <class IsRefused>
[[nodiscard]] RankedMerges ranks_of_merges(const std::vector<std::pair<std::string, std::string>>& merges,
                                           const TokenIndex& ids, IsRefused&& is_refused) {
  RankedMerges ranked;
  ranked.reserve(merges.size());
  std::int32_t rank = 0;
  const auto id_of = [&](std::string_view text) {
    const std::int32_t id = ids.find(text);
    require(id != TokenIndex::none, "merge ", rank, " needs the token ", quoted(text),
            ", which is not in the vocabulary");
    return id;
  };
  std::string joined;
  for (const auto& [left, right] : merges) {
    const std::uint64_t pair = pair_key(id_of(left), id_of(right));
    joined.assign(left).append(right);
    if (const std::int32_t merged = id_of(joined); !is_refused(merged)) {
      ranked.insert_or_assign(pair, RankedMerge{rank, merged});
    }
    ++rank;
  }
  return ranked;
}

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

/// Every two words of the vocabulary that make a third one: what SentencePiece merges, in the order of the scores.
/// `is_word` tells which ids are words.
///
/// Throws `Error` for a score that is no number, words of more than 128 bytes (each is cut before every character) and
/// more than `most` merges. Cost: one lookup or two for each character of the vocabulary.
template <class IsWord>
[[nodiscard]] RankedMerges ranks_of_scores(const std::vector<std::string>& tokens, const std::vector<float>& scores,
                                           const TokenIndex& ids, std::size_t most, IsWord&& is_word) {
  constexpr std::size_t longest = 128;
  require(scores.size() == tokens.size(), "there are ", scores.size(), " scores for ", tokens.size(), " tokens");
  const std::vector<std::int32_t> ranks = ranks_by_score(scores);
  RankedMerges ranked;
  ranked.reserve(std::min(most, 2 * tokens.size()));  // about as many as models have
  const auto is_left_or_right = [&](std::int32_t id) { return id != TokenIndex::none && is_word(id); };
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view text = tokens[id];
    if (!is_word(static_cast<std::int32_t>(id)) || byte_of_token(text)) {
      continue;
    }
    require(text.size() <= longest, "token ", id, " has ", text.size(), " bytes; with scores at most ", longest,
            " are supported");
    GrowingHash hash;
    std::string_view rest = text;
    while (!rest.empty()) {  // the last rest is empty, which is no token
      const std::size_t size = first_character(rest).size;
      hash.append(rest.substr(0, size));
      rest.remove_prefix(size);
      const std::int32_t left = ids.find(text.substr(0, text.size() - rest.size()), hash);
      const std::int32_t right = is_left_or_right(left) ? ids.find(rest) : TokenIndex::none;
      if (is_left_or_right(right)) {
        require(ranked.size() < most, "the tokens are made of each other in more than ", most, " ways");
        ranked.emplace(pair_key(left, right), RankedMerge{ranks[id], static_cast<std::int32_t>(id)});
      }
    }
  }
  return ranked;
}

}  // namespace ampsft::detail
