// SPDX-License-Identifier: MIT
/// @file
/// Reads the parts of tokenizer.json around a model of bytes: pre-tokenizer, normalizer, post-processor.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The known regular expressions of Split, as files write them.
inline constexpr std::array<std::pair<std::string_view, PretokenizerStep>, 6> known_patterns{
    {{R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", PretokenizerStep::gpt2_words},
     {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", PretokenizerStep::gpt2_words},
     {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      PretokenizerStep::llama3_words},
     {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      PretokenizerStep::qwen2_words},
     {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      PretokenizerStep::gpt4o_words},
     {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      PretokenizerStep::tekken_words}}};

[[nodiscard]] inline PretokenizerStep read_split(const JsonFields& split) {
  const std::string behavior = split.text("behavior");
  const bool inverted = split.flag("invert", false);
  require((behavior == "Isolated" && !inverted) || (behavior == "Removed" && inverted), split.source(),
          ": a Split that is ", behavior, inverted ? " and inverted" : "",
          " is not supported; supported are Isolated, and Removed with invert");
  const std::string pattern = split.object("pattern").text("Regex");
  for (const auto& [known, step] : known_patterns) {
    if (pattern == known) {
      return step;
    }
  }
  fail(split.source(), ": the pattern ", quoted(pattern),
       " is not supported; supported are those of GPT-2, Llama 3 (cl100k), Qwen2, GPT-4o (o200k) and Tekken");
}

/// Appends the steps of one pre-tokenizer, or of all in a Sequence; returns whether ByteLevel was the last.
inline bool append_steps(const JsonFields& item, std::vector<PretokenizerStep>& steps, bool done) {
  require(!done, item.source(), ": a pre-tokenizer behind ByteLevel is not supported");
  const std::string type = item.text("type");
  if (type == "Sequence") {
    const nlohmann::json* const list = item.find("pretokenizers");
    require(list != nullptr && list->is_array(), item.source(), ": \"pretokenizers\" must be an array");
    for (const auto& inner : *list) {
      done = append_steps({inner, item.source()}, steps, done);
    }
  } else if (type == "Split") {
    steps.push_back(read_split(item));
  } else if (type == "Digits") {
    steps.push_back(item.flag("individual_digits", false) ? PretokenizerStep::digits : PretokenizerStep::digit_runs);
  } else if (type == "ByteLevel") {
    if (item.flag("add_prefix_space", true)) {
      steps.push_back(PretokenizerStep::space_in_front);
    }
    if (item.flag("use_regex", true)) {
      steps.push_back(PretokenizerStep::gpt2_words);
    }
    return true;
  } else {
    fail(item.source(), ": the pre-tokenizer ", quoted(type),
         " is not supported; supported are ByteLevel, Split, Digits and Sequence");
  }
  return done;
}

[[nodiscard]] inline std::vector<PretokenizerStep> read_pretokenizer(const JsonFields& root) {
  constexpr std::size_t most_steps = 8;  // each cuts the text once more
  std::vector<PretokenizerStep> steps;
  require(append_steps(root.object("pre_tokenizer"), steps, false), root.source(),
          ": \"pre_tokenizer\" must end with ByteLevel; only BPE over bytes is supported");
  require(steps.size() <= most_steps, root.source(), ": \"pre_tokenizer\" has ", steps.size(), " steps, more than ",
          most_steps);
  return steps;
}

/// Whether a normalizer normalizes to form C.
[[nodiscard]] inline bool normalizes(const JsonFields& item) {
  const std::string type = item.text("type");
  if (type == "Sequence") {
    const nlohmann::json* const list = item.find("normalizers");
    require(list != nullptr && list->is_array(), item.source(), ": \"normalizers\" must be an array");
    bool any = false;
    for (const auto& inner : *list) {
      any = normalizes({inner, item.source()}) || any;
    }
    return any;
  }
  require(type == "NFC", item.source(), ": the normalizer ", quoted(type), " is not supported; supported is NFC");
  return true;
}

[[nodiscard]] inline bool read_normalizer(const JsonFields& root) {
  return root.contains("normalizer") && normalizes(root.object("normalizer"));
}

/// Reads the tokens around a text from the "single" form of a template.
inline void read_template(const JsonFields& item, PretrainedTokenizerParts& parts) {
  const nlohmann::json* const single = item.find("single");
  require(single != nullptr && single->is_array(), item.source(), ": \"single\" must be an array");
  bool behind = false;
  for (const auto& piece : *single) {
    const JsonFields fields(piece, item.source());
    if (fields.contains("Sequence")) {
      require(!behind, item.source(), ": a template that repeats the text is not supported");
      behind = true;
      continue;
    }
    const std::string name = fields.object("SpecialToken").text("id");
    const auto ids = item.object("special_tokens").object(name.c_str()).ids("ids");
    auto& target = behind ? parts.suffix : parts.prefix;
    target.insert(target.end(), ids.begin(), ids.end());
  }
  require(behind, item.source(), ": the template leaves the text out");
}

inline void read_processor(const JsonFields& item, PretrainedTokenizerParts& parts) {
  const std::string type = item.text("type");
  if (type == "TemplateProcessing") {
    read_template(item, parts);
  } else if (type == "Sequence") {
    const nlohmann::json* const list = item.find("processors");
    require(list != nullptr && list->is_array(), item.source(), ": \"processors\" must be an array");
    for (const auto& inner : *list) {
      read_processor({inner, item.source()}, parts);
    }
  } else {
    require(type == "ByteLevel", item.source(), ": the post-processor ", quoted(type),
            " is not supported; supported are ByteLevel, TemplateProcessing and Sequence");
  }
}

inline void read_post_processor(const JsonFields& root, PretrainedTokenizerParts& parts) {
  if (root.contains("post_processor")) {
    read_processor(root.object("post_processor"), parts);
  }
}

}  // namespace ampsft::detail
