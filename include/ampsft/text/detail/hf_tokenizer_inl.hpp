// SPDX-License-Identifier: MIT
/// @file
/// Bodies of hf_tokenizer.hpp.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/detail/tokenizer_json.hpp>
#include <ampsft/text/detail/tokenizer_parts.hpp>
#include <ampsft/text/detail/tokenizer_spaces.hpp>
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::vector<std::string> tokens_by_id(std::vector<std::pair<std::string, std::int32_t>> vocabulary,
                                                           const std::vector<AddedToken>& added,
                                                           const std::string& source) {
  const std::size_t most = 2 * (vocabulary.size() + added.size()) + (std::size_t{1} << 16U);
  std::vector<std::string> tokens;
  const auto slot = [&](std::int32_t id) -> std::string& {
    const auto place = static_cast<std::size_t>(id);
    require(id >= 0 && place < most, source, ": the token id ", id, " is too large for ", vocabulary.size(),
            " tokens and ", added.size(), " added ones");
    tokens.resize(std::max(tokens.size(), place + 1));
    return tokens[place];
  };
  std::unordered_map<std::string, std::int32_t> ids_of_added;
  for (const AddedToken& token : added) {
    slot(token.id);
    if (!ids_of_added.emplace(token.content, token.id).second) {
      fail(source, ": the added token ", quoted(token.content), " appears twice");
    }
  }
  for (auto& [text, id] : vocabulary) {
    std::string& place = slot(id);
    require(place.empty() && !text.empty(), source, ": the token id ", id, " stands for two tokens or an empty one");
    const auto twin = ids_of_added.find(text);
    if (twin != ids_of_added.end() && twin->second != id) [[unlikely]] {  // `require` would quote each token
      fail(source, ": the added token ", quoted(text), " has another id in the vocabulary");
    }
    place = std::move(text);
  }
  return tokens;
}

AMPSFT_HEADER_INLINE std::vector<AddedToken> read_added_tokens(const JsonFields& root) {
  std::vector<AddedToken> added;
  const nlohmann::json* const list = root.find("added_tokens");
  if (list == nullptr) {
    return added;
  }
  require(list->is_array(), root.source(), ": \"added_tokens\" must be an array");
  for (const auto& item : *list) {
    const JsonFields fields(item, concat(root.source(), ": added token ", added.size()));
    AddedToken token;
    token.content = fields.text("content");
    const auto ids = fields.ids("id");
    require(ids.size() == 1, fields.source(), ": \"id\" must be one token id");
    token.id = ids.front();
    token.special = fields.flag("special", false);
    token.left_strip = fields.flag("lstrip", false);
    token.right_strip = fields.flag("rstrip", false);
    token.single_word = fields.flag("single_word", false);
    token.normalized = fields.flag("normalized", !token.special);
    added.push_back(std::move(token));
  }
  return added;
}

AMPSFT_HEADER_INLINE void require_plain_bpe(const JsonFields& model) {
  const std::string type = model.text("type", "BPE");
  require(
      type == "BPE", model.source(), ": the tokenizer model ", quoted(type), " is not supported; supported is BPE ",
      "over bytes (ByteLevel), as in GPT-2, Llama 3, Qwen and SmolLM, or over characters with \"byte_fallback\", as ",
      "in Llama 2");
  require(model.number("dropout", 0) == 0, model.source(), ": \"dropout\" is not supported");
  for (const char* const affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    require(model.text(affix, "").empty(), model.source(), ": ", quoted(affix), " is not supported");
  }
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE PretrainedTokenizerParts read_huggingface_tokenizer_parts(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::is_directory(path, ignored) ? path / "tokenizer.json" : path;
  const std::string source = concat(file);
  detail::TokenizerJson json = detail::parse_tokenizer_json(read_text(file), source, PretrainedTokenizer::most_tokens,
                                                            PretrainedTokenizer::most_merges);
  const detail::JsonFields root(json.root, source);
  const detail::JsonFields model = root.object("model");
  detail::require_plain_bpe(model);

  PretrainedTokenizerParts parts;
  parts.added = detail::read_added_tokens(root);
  if (model.flag("byte_fallback", false)) {
    detail::read_spaces(root, parts);
  } else {
    parts.steps = detail::read_pretokenizer(root);
    parts.nfc = detail::read_normalizer(root);
  }
  parts.ignore_merges = model.flag("ignore_merges", false);
  detail::read_post_processor(root, parts);
  parts.fuse_unknown = model.flag("fuse_unk", false);
  if (model.contains("unk_token")) {
    const std::string unknown = model.text("unk_token");
    const auto found = std::find_if(json.vocabulary.begin(), json.vocabulary.end(),
                                    [&](const auto& token) { return token.first == unknown; });
    require(found != json.vocabulary.end(), source, ": \"unk_token\" ", detail::quoted(unknown),
            " is not in the vocabulary");
    parts.unknown = found->second;
  }
  parts.tokens = detail::tokens_by_id(std::move(json.vocabulary), parts.added, source);
  parts.merges = std::move(json.merges);
  return parts;
}

AMPSFT_HEADER_INLINE PretrainedTokenizer read_huggingface_tokenizer(const std::filesystem::path& path) {
  PretrainedTokenizerParts parts = read_huggingface_tokenizer_parts(path);
  try {
    return PretrainedTokenizer(std::move(parts));
  } catch (const Error& error) {
    fail(path, ": ", error.what());
  }
}

}  // namespace ampsft
