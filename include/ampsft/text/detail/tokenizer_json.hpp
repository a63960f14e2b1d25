// SPDX-License-Identifier: MIT
/// @file
/// Parses tokenizer.json: vocabulary and merges into vectors, the rest into JSON.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/json_text.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

struct TokenizerJson {
  nlohmann::json root;  // without the members of model.vocab and model.merges
  std::vector<std::pair<std::string, std::int32_t>> vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;
};

/// Parses the file. The vocabulary and the merges of a BPE model do not become JSON values, which would take ten times
/// the memory of their text.
///
/// Throws `Error`, beginning with `source`, for invalid JSON, ids that are no token ids, merges that are no pairs, and
/// too many of either.
[[nodiscard]] inline TokenizerJson parse_tokenizer_json(std::string_view text, const std::string& source,
                                                        std::size_t most_tokens, std::size_t most_merges) {
  TokenizerJson result;
  const auto take_token = [&](const std::string& token, const nlohmann::json& value) {
    if (token.empty() && value.is_array()) {
      return false;  // an entry of another kind of model, which is refused by its name
    }
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max())
        [[unlikely]] {  // not `require`, for which each token would be quoted
      fail(source, ": the id of token ", quoted(token), " is no token id");
    }
    require(result.vocabulary.size() < most_tokens, source, ": its vocabulary has more than ", most_tokens, " tokens");
    result.vocabulary.emplace_back(token, value.get<std::int32_t>());
    return true;
  };
  // A merge is "left right" or, in newer files, ["left", "right"]. The filter takes the two strings before their array,
  // which is then empty; so no array of strings is ever built.
  std::vector<std::string> strings;
  const auto take_string = [&](nlohmann::json& value) {
    const bool taken = value.is_string() && strings.size() < 2;  // a third one stays, and its array is refused
    if (taken) {
      strings.push_back(std::move(value.get_ref<std::string&>()));
    }
    return taken;
  };
  const auto take_merge = [&](const nlohmann::json& value) {
    std::pair<std::string, std::string> merge;
    if (value.is_string()) {
      const auto& joined = value.get_ref<const std::string&>();
      if (const std::size_t space = joined.find(' '); space != std::string::npos) {
        merge = {joined.substr(0, space), joined.substr(space + 1)};
      }
    } else if (value.is_array() && value.empty() && strings.size() == 2) {
      merge = {std::move(strings[0]), std::move(strings[1])};
    }
    strings.clear();
    require(!merge.first.empty() && !merge.second.empty(), source, ": merge ", result.merges.size(),
            " is no pair of tokens");
    require(result.merges.size() < most_merges, source, ": it has more than ", most_merges, " merges");
    result.merges.push_back(std::move(merge));
    return true;
  };
  constexpr int depth = 12;
  constexpr std::size_t member = 3;  // model, the list, its member
  result.root = parse_json(text, source, depth, [&](std::span<const std::string> path, nlohmann::json& value) {
    if (path.size() < member || path.size() > member + 1 || path[0] != "model") {
      return false;
    }
    if (path[1] == "merges") {
      return path.size() == member ? take_merge(value) : take_string(value);
    }
    return path.size() == member && path[1] == "vocab" && take_token(path[2], value);
  });
  return result;
}

}  // namespace ampsft::detail
