// SPDX-License-Identifier: MIT
/// @file
/// Text that is cut before it is merged has the ids of text that is merged as a whole.
#include <ampsft/core/random.hpp>
#include <ampsft/text/detail/safe_cuts.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;
using Ids = std::vector<std::int32_t>;

namespace {

const std::vector<std::string> characters{"a", "b", ">", "\xc3\xa9", "\xe4\xb8\xad", "\xe2\x96\x81"};

/// All bytes, the characters, and random merges of what is there.
PretrainedTokenizerParts random_parts(Random& random) {
  PretrainedTokenizerParts parts;
  parts.alphabet = TokenAlphabet::characters;
  parts.spaces = {.in_front = SpaceInFront::nowhere, .stripped = false};
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (std::size_t byte = 0; byte < 256; ++byte) {
    parts.tokens.push_back(std::string("<0x") + digits[byte / 16] + digits[byte % 16] + '>');
  }
  std::vector<std::string> words = characters;
  std::set<std::string> known(words.begin(), words.end());
  for (int i = 0; i < 12; ++i) {
    const auto pick = [&] { return words[static_cast<std::size_t>(random.below(static_cast<Index>(words.size())))]; };
    const std::string left = pick();
    const std::string right = pick();
    if (known.insert(left + right).second) {
      words.push_back(left + right);
      parts.merges.emplace_back(left, right);
    }
  }
  parts.tokens.insert(parts.tokens.end(), words.begin(), words.end());
  return parts;
}

/// Merges the first pair of the lowest rank, again and again.
Ids merged_as_a_whole(const PretrainedTokenizerParts& parts, const std::vector<std::string>& text) {
  std::vector<std::string> words = text;
  while (true) {
    std::size_t best = parts.merges.size();
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      const auto found = std::find(parts.merges.begin(), parts.merges.end(), std::pair(words[i], words[i + 1]));
      if (const auto rank = static_cast<std::size_t>(found - parts.merges.begin()); rank < best) {
        best = rank;
        place = i;
      }
    }
    if (best == parts.merges.size()) {
      break;
    }
    words[place] += words[place + 1];
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  Ids ids;
  for (const std::string& word : words) {
    const auto found = std::find(parts.tokens.begin(), parts.tokens.end(), word);
    ids.push_back(static_cast<std::int32_t>(found - parts.tokens.begin()));
  }
  return ids;
}

}  // namespace

TEST_CASE("random vocabularies merge texts as if they were not cut") {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const PretrainedTokenizerParts parts = random_parts(random);
    const PretrainedTokenizer tokenizer(parts);
    for (int i = 0; i < 20; ++i) {
      std::vector<std::string> text;
      std::string joined;
      for (Index size = random.below(30); size > 0; --size) {
        text.push_back(characters[static_cast<std::size_t>(random.below(static_cast<Index>(characters.size())))]);
        joined += text.back();
      }
      INFO(joined);
      CHECK(tokenizer.encode(joined) == merged_as_a_whole(parts, text));
    }
  }
}

TEST_CASE("cuts are between characters that no merge brings together, and nowhere if a character may be unknown") {
  const std::vector<std::string> tokens{"a", "b", "c", "ab", ">\xe2\x96\x81<"};
  detail::RankedMerges merges;
  merges.emplace(detail::pair_key(0, 1), {0, 3});
  merges.emplace(detail::pair_key(3, 2), {1, 4});
  PretrainedTokenizerParts parts;
  parts.alphabet = TokenAlphabet::characters;
  parts.tokens = tokens;
  const auto cuts = [&] {
    return detail::SafeCuts(tokens, merges, detail::TokenSymbols(parts, detail::index_tokens(parts.tokens)));
  };
  CHECK(cuts().first("abcabc") == 6);
  CHECK(detail::SafeCuts().first("abcabc") == 6);
  Random random(4);
  const auto bytes = random_parts(random).tokens;
  parts.tokens.insert(parts.tokens.end(), bytes.begin(), bytes.begin() + 256);
  CHECK(cuts().first("abcabc") == 2);
  CHECK(cuts().first("ba") == 1);
  CHECK(cuts().first("a") == 1);
  CHECK(cuts().first(">\xe2\x96\x81<\xe2\x96\x81") == 5);  // joined with the mark before, not behind
  CHECK(cuts().first("x\xe2\x96\x81") == 1);
}
