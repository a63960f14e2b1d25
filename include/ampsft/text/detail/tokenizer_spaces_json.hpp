// SPDX-License-Identifier: MIT
/// @file
/// Writes what tokenizer_spaces.hpp reads: the parts of tokenizer.json around a model of characters, and its merges.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/text/detail/score_ranks.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

[[nodiscard]] inline nlohmann::json replace_json(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", nlohmann::json::object({{"String", from}})}, {"content", to}};
}

[[nodiscard]] inline nlohmann::json space_normalizer_json(const PretrainedTokenizerParts& parts) {
  nlohmann::json list = nlohmann::json::array();
  if (parts.nfc) {
    list.push_back({{"type", "NFC"}});
  }
  if (!parts.spaces.metaspace) {
    require(parts.spaces.in_front != SpaceInFront::at_start && parts.steps.empty(),
            "a space at the start of a text alone, and words that begin at spaces, can be written for Metaspace only");
    if (parts.spaces.in_front == SpaceInFront::everywhere) {
      list.push_back({{"type", "Prepend"}, {"prepend", space_mark}});
    }
    list.push_back(replace_json(" ", space_mark));
  }
  return list.empty() ? nlohmann::json(nullptr) : nlohmann::json({{"type", "Sequence"}, {"normalizers", list}});
}

[[nodiscard]] inline nlohmann::json metaspace_json(const PretrainedTokenizerParts& parts) {
  if (!parts.spaces.metaspace) {
    return nullptr;
  }
  const SpaceInFront in_front = parts.spaces.in_front;
  return {{"type", "Metaspace"},
          {"replacement", space_mark},
          {"prepend_scheme", in_front == SpaceInFront::everywhere ? "always"
                             : in_front == SpaceInFront::at_start ? "first"
                                                                  : "never"},
          {"split", !parts.steps.empty()}};
}

[[nodiscard]] inline nlohmann::json space_decoder_json(bool stripped) {
  nlohmann::json list = {replace_json(space_mark, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (stripped) {
    list.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  return {{"type", "Sequence"}, {"decoders", list}};
}

/// The merges of a vocabulary with scores, highest score first. `ids` are those of the tokens, added ones included.
/// Throws `Error` for a merge to an unused token, which tokenizer.json cannot express.
[[nodiscard]] inline std::vector<std::pair<std::string, std::string>> merges_of_scores(
    const PretrainedTokenizerParts& parts, const TokenIndex& ids, std::size_t most) {
  std::vector<bool> added(parts.tokens.size());
  for (const AddedToken& token : parts.added) {
    added.at(static_cast<std::size_t>(token.id)) = true;
  }
  const RankedMerges ranked = ranks_of_scores(parts.tokens, parts.scores, ids, most,
                                              [&](std::int32_t id) { return !added[static_cast<std::size_t>(id)]; });
  std::vector<std::pair<std::int32_t, std::uint64_t>> order;  // rank, pair
  order.reserve(ranked.size());
  std::vector<bool> unused(parts.tokens.size());
  for (const std::int32_t id : parts.unused) {
    unused.at(static_cast<std::size_t>(id)) = true;
  }
  ranked.for_each([&](std::uint64_t pair, const RankedMerge& merge) {
    if (unused[static_cast<std::size_t>(merge.id)]) {
      fail("the token ", quoted(parts.tokens[static_cast<std::size_t>(merge.id)]),
           " is unused, but made of others; a tokenizer.json cannot say so");
    }
    order.emplace_back(merge.rank, pair);
  });
  std::sort(order.begin(), order.end());
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(order.size());
  for (const auto& [rank, pair] : order) {
    const auto [left, right] = ids_of_pair(pair);
    merges.emplace_back(parts.tokens[static_cast<std::size_t>(left)], parts.tokens[static_cast<std::size_t>(right)]);
  }
  return merges;
}

}  // namespace ampsft::detail
