// SPDX-License-Identifier: MIT
/// @file
/// Which pairs of tokens merge, and in which order: from a list of merges, or from the scores of tokens.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/io/detail/names.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The ids of tokens by their texts, which `tokens` keeps; throws `Error` for two of one text.
[[nodiscard]] inline TokenIds index_tokens(const std::vector<std::string>& tokens) {
  TokenIds ids;
  ids.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!tokens[id].empty()) {
      const auto [place, is_new] = ids.emplace(tokens[id], static_cast<std::int32_t>(id));
      require(is_new, "tokens ", place->second, " and ", id, " are both ", quoted(tokens[id]));
    }
  }
  return ids;
}

/// Ranks are places in the list; of equal pairs the last one counts, as in Hugging Face's. Merges whose
/// result `is_refused` are left out.
///
/// Throws `Error` for a merge of something that is no token.
template <class IsRefused>
[[nodiscard]] RankedMerges ranks_of_merges(const std::vector<std::pair<std::string, std::string>>& merges,
                                           const TokenIds& ids, IsRefused&& is_refused) {
  RankedMerges ranked;
  ranked.reserve(merges.size());
  std::int32_t rank = 0;
  const auto id_of = [&](std::string_view text) {
    const auto found = ids.find(text);
    require(found != ids.end(), "merge ", rank, " needs the token ", quoted(text), ", which is not in the vocabulary");
    return found->second;
  };
  for (const auto& [left, right] : merges) {
    const std::uint64_t pair = pair_key(id_of(left), id_of(right));
    if (const std::int32_t merged = id_of(left + right); !is_refused(merged)) {
      ranked.insert_or_assign(pair, RankedMerge{rank, merged});
    }
    ++rank;
  }
  return ranked;
}

/// Every two words of the vocabulary that make a third one, whose rank is the place of its score among all scores: what
/// SentencePiece merges. `is_word` tells which ids are words.
///
/// Throws `Error` for a score that is no number, words of more than 128 bytes (each is cut at every place) and more
/// than `most` merges.
template <class IsWord>
[[nodiscard]] RankedMerges ranks_of_scores(const std::vector<std::string>& tokens, const std::vector<float>& scores,
                                           const TokenIds& ids, std::size_t most, IsWord&& is_word) {
  constexpr std::size_t longest = 128;
  require(scores.size() == tokens.size(), "there are ", scores.size(), " scores for ", tokens.size(), " tokens");
  require(std::none_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); }),
          "a token's score is no number");
  std::vector<float> falling = scores;
  std::sort(falling.begin(), falling.end(), std::greater<>());
  RankedMerges ranked;
  const auto word = [&](std::string_view text) -> std::int32_t {
    const auto found = ids.find(text);
    return found != ids.end() && is_word(found->second) ? found->second : -1;
  };
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view text = tokens[id];
    if (!is_word(static_cast<std::int32_t>(id)) || byte_of_token(text)) {
      continue;
    }
    require(text.size() <= longest, "token ", id, " has ", text.size(), " bytes; with scores at most ", longest,
            " are supported");
    const auto place = std::lower_bound(falling.begin(), falling.end(), scores[id], std::greater<>());
    const auto rank = static_cast<std::int32_t>(place - falling.begin());
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const std::int32_t left = word(text.substr(0, cut));
      const std::int32_t right = left < 0 ? -1 : word(text.substr(cut));
      if (right >= 0) {
        require(ranked.size() < most, "the tokens are made of each other in more than ", most, " ways");
        ranked.emplace(pair_key(left, right), RankedMerge{rank, static_cast<std::int32_t>(id)});
      }
    }
  }
  return ranked;
}

}  // namespace ampsft::detail
