// SPDX-License-Identifier: MIT
/// @file
/// Bodies of gguf_tokenizer.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/text/detail/gguf_pretokenizer.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void read_gguf_merges(const GgufFile& file, PretrainedTokenizerParts& parts) {
  const auto merges = file.value("tokenizer.ggml.merges").texts();
  require(merges.size() <= PretrainedTokenizer::most_merges, file.path(), ": its tokenizer has ", merges.size(),
          " merges; at most ", PretrainedTokenizer::most_merges, " are believed");
  parts.merges.reserve(merges.size());
  for (const std::string_view merge : merges) {
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == merge.size()) [[unlikely]] {  // `require` would quote each one
      fail(file.path(), ": the merge ", quoted(merge), " is no pair of tokens");
    }
    parts.merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
}

AMPSFT_HEADER_INLINE void read_gguf_scores(const GgufFile& file, PretrainedTokenizerParts& parts) {
  parts.alphabet = TokenAlphabet::characters;
  parts.scores = file.value("tokenizer.ggml.scores").numbers<float>();
  const GgufValue* const space = file.find("tokenizer.ggml.add_space_prefix");
  const bool in_front = space == nullptr || space->flag();
  parts.spaces = {.in_front = in_front ? SpaceInFront::everywhere : SpaceInFront::nowhere, .stripped = in_front};
  parts.fuse_unknown = true;
  if (const GgufValue* const unknown = file.find("tokenizer.ggml.unknown_token_id")) {
    parts.unknown = static_cast<std::int32_t>(unknown->integer(0, std::numeric_limits<std::int32_t>::max()));
  }
}

AMPSFT_HEADER_INLINE void mark_user_defined(std::string& text, AddedToken& token) {
  text = mark_spaces(text, false);
  token.content = text;
  token.normalized = true;
}

AMPSFT_HEADER_INLINE void read_gguf_types(const GgufFile& file, PretrainedTokenizerParts& parts) {
  constexpr std::int32_t unknown = 2;
  constexpr std::int32_t control = 3;
  constexpr std::int32_t user_defined = 4;
  constexpr std::int32_t unused = 5;
  const GgufValue* const value = file.find("tokenizer.ggml.token_type");
  if (value == nullptr) {
    return;
  }
  const auto types = value->numbers<std::int32_t>();
  require(types.size() == parts.tokens.size(), file.path(), ": tokenizer.ggml.token_type has ", types.size(),
          " entries for ", parts.tokens.size(), " tokens");
  const bool characters = parts.alphabet == TokenAlphabet::characters;
  const bool marked = characters && parts.spaces.in_front == SpaceInFront::nowhere;
  for (std::size_t id = 0; id < types.size(); ++id) {
    std::string& text = parts.tokens[id];
    if (types[id] == unused && characters) {
      parts.unused.push_back(static_cast<std::int32_t>(id));
    }
    const bool special = types[id] == control || types[id] == unknown;
    if ((special || types[id] == user_defined) && !text.empty()) {
      AddedToken token;
      token.content = text;
      token.id = static_cast<std::int32_t>(id);
      token.special = special;
      if (marked && !special) {
        mark_user_defined(text, token);
      }
      parts.added.push_back(std::move(token));
    }
  }
}

AMPSFT_HEADER_INLINE void strip_as_phi3(const GgufFile& file, PretrainedTokenizerParts& parts) {
  const GgufValue* const architecture = file.find("general.architecture");
  if (architecture == nullptr || architecture->text() != "phi3") {
    return;
  }
  for (AddedToken& token : parts.added) {
    token.right_strip = token.content != "<unk>" && token.content != "<s>" && token.content != "<|endoftext|>";
  }
}

AMPSFT_HEADER_INLINE void read_gguf_end(const GgufFile& file, std::string_view flag, std::string_view key,
                                        bool otherwise, std::vector<std::int32_t>& ids) {
  const GgufValue* const wanted = file.find(flag);
  if (wanted != nullptr ? wanted->flag() : otherwise && file.find(key) != nullptr) {
    ids.push_back(static_cast<std::int32_t>(file.value(key).integer(0, std::numeric_limits<std::int32_t>::max())));
  }
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE PretrainedTokenizerParts read_gguf_tokenizer_parts(const GgufFile& file) {
  const std::string_view model = file.value("tokenizer.ggml.model").text();
  require(
      model == "gpt2" || model == "llama", file.path(), ": the tokenizer model ", detail::quoted(model),
      " (tokenizer.ggml.model) is not supported; supported are gpt2, BPE over bytes, and llama, SentencePiece's BPE");
  PretrainedTokenizerParts parts;
  const auto tokens = file.value("tokenizer.ggml.tokens").texts();
  require(tokens.size() <= PretrainedTokenizer::most_tokens, file.path(), ": its tokenizer has ", tokens.size(),
          " tokens; at most ", PretrainedTokenizer::most_tokens, " are believed");
  parts.tokens.assign(tokens.begin(), tokens.end());
  bool begins = true;  // as in llama.cpp: SentencePiece's texts begin with this token unless the file says no
  if (model == "gpt2") {
    const detail::GgufPretokenizer& known = detail::find_gguf_pretokenizer(file);
    detail::use_gguf_pretokenizer(known, parts);
    detail::read_gguf_merges(file, parts);
    begins = known.begins;
  } else {
    detail::read_gguf_scores(file, parts);
  }
  detail::read_gguf_types(file, parts);
  if (model == "llama") {
    detail::strip_as_phi3(file, parts);
  }
  detail::read_gguf_end(file, "tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id", begins, parts.prefix);
  detail::read_gguf_end(file, "tokenizer.ggml.add_eos_token", "tokenizer.ggml.eos_token_id", false, parts.suffix);
  return parts;
}

AMPSFT_HEADER_INLINE PretrainedTokenizer read_gguf_tokenizer(const GgufFile& file) {
  PretrainedTokenizerParts parts = read_gguf_tokenizer_parts(file);
  try {
    return PretrainedTokenizer(std::move(parts));
  } catch (const Error& error) {
    fail(file.path(), ": ", error.what());
  }
}

}  // namespace ampsft
