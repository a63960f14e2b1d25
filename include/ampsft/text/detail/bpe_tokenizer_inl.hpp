// SPDX-License-Identifier: MIT
/// @file
/// Bodies of bpe_tokenizer.hpp.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/bpe_tokenizer.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/pretokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE BpeTokenizer::BpeTokenizer(std::vector<BpeMerge> merges) : merges_(std::move(merges)) {
  require(merges_.size() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() - byte_count),
          "too many BPE merges: ", merges_.size());
  std::vector<std::int64_t> lengths(byte_count, 1);
  lengths.reserve(merges_.size() + byte_count);
  ranks_.reserve(merges_.size());
  for (const auto [left, right] : merges_) {
    const auto id = static_cast<std::int32_t>(lengths.size());
    const std::int32_t index = id - byte_count;
    require(left >= 0 && right >= 0 && left < id && right < id, "BPE merge ", index, " joins ", left, " and ", right,
            ", but must join ids from 0 to ", id - 1);
    lengths.push_back(lengths[static_cast<std::size_t>(left)] + lengths[static_cast<std::size_t>(right)]);
    require(lengths.back() <= longest_token, "BPE merge ", index, " makes a token of ", lengths.back(),
            " bytes; at most ", longest_token, " are allowed");
    require(ranks_.emplace(detail::pair_key(left, right), id), "BPE merge ", index, " joins ", left, " and ", right,
            ", as an earlier merge does");
  }
}

AMPSFT_HEADER_INLINE std::vector<std::int32_t> BpeTokenizer::encode(std::string_view text) const {
  struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  std::vector<std::int32_t> ids;
  std::unordered_map<std::string_view, Piece> seen;  // where a word was first encoded in `ids`
  detail::MergeWord merge_word;
  for_each_word(text, [&](std::string_view word) {
    const std::size_t begin = ids.size();
    const auto [entry, is_new] = seen.try_emplace(word);
    if (is_new) {
      merge_word(word, ranks_, ids);
      entry->second = {begin, ids.size() - begin};
    } else {
      const auto [source, size] = entry->second;
      ids.resize(begin + size);
      std::copy_n(ids.data() + source, size, ids.data() + begin);
    }
  });
  return ids;
}

AMPSFT_HEADER_INLINE std::string BpeTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  std::vector<std::int32_t> open;  // a stack of tokens still to be expanded
  for (const std::int32_t id : ids) {
    require(id >= 0 && id < vocabulary_size(), "token id ", id, " is not in the vocabulary of ids 0 to ",
            vocabulary_size() - 1);
    open.push_back(id);
    while (!open.empty()) {
      const std::int32_t token = open.back();
      open.pop_back();
      if (token < byte_count) {
        text.push_back(static_cast<char>(token));
      } else {
        const BpeMerge& merge = merges_[static_cast<std::size_t>(token - byte_count)];
        open.push_back(merge.right);
        open.push_back(merge.left);
      }
    }
  }
  return text;
}

AMPSFT_HEADER_INLINE void BpeTokenizer::save(const std::filesystem::path& path) const {
  nlohmann::json pairs = nlohmann::json::array();
  for (const auto [left, right] : merges_) {
    pairs.push_back({left, right});
  }
  write_text(path, json_text(nlohmann::json{{"format", format}, {"version", version}, {"merges", std::move(pairs)}}));
}

AMPSFT_HEADER_INLINE BpeTokenizer BpeTokenizer::load(const std::filesystem::path& path) {
  const std::string source = concat("cannot load the tokenizer ", path);
  constexpr int depth = 3;
  const nlohmann::json root = parse_json(read_text(path), source, depth);
  require(root.is_object() && root.contains("format") && root["format"] == format, source,
          ": it is no tokenizer of this library (its \"format\" is not \"", format, "\")");
  require(root.contains("version") && root["version"] == version, source, ": its version is not ", version);
  require(root.contains("merges") && root["merges"].is_array(), source, ": \"merges\" is missing or not an array");
  std::vector<BpeMerge> merges;
  for (const auto& pair : root["merges"]) {
    require(pair.is_array() && pair.size() == 2, source, ": every merge must be a pair of ids");
    merges.push_back({id_of(pair[0], source), id_of(pair[1], source)});
  }
  try {
    return BpeTokenizer(std::move(merges));
  } catch (const Error& error) {
    fail(source, ": ", error.what());
  }
}

AMPSFT_HEADER_INLINE std::int32_t BpeTokenizer::id_of(const nlohmann::json& value, const std::string& source) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<std::int32_t>::max(), source,
          ": every merge must be a pair of ids");
  return value.get<std::int32_t>();
}

}  // namespace ampsft
