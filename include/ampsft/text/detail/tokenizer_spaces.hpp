// SPDX-License-Identifier: MIT
/// @file
/// Reads the parts of tokenizer.json around a model of characters, which mark spaces and restore them.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The effects of a normalizer or a Sequence of them.
struct SpaceNormalizer {
  bool prepends = false;
  bool replaces = false;
  bool nfc = false;
};

/// The items of a Sequence, or the single item.
[[nodiscard]] inline std::vector<JsonFields> items_of(const JsonFields& item, const char* list) {
  if (item.text("type") != "Sequence") {
    return {item};
  }
  const nlohmann::json* const inner = item.find(list);
  require(inner != nullptr && inner->is_array(), item.source(), ": ", quoted(list), " must be an array");
  std::vector<JsonFields> items;
  for (const auto& one : *inner) {
    items.emplace_back(one, item.source());
  }
  return items;
}

[[nodiscard]] inline bool replaces(const JsonFields& item, std::string_view from, std::string_view to) {
  return item.text("type") == "Replace" && item.object("pattern").text("String", "") == from &&
         item.text("content") == to;
}

[[nodiscard]] inline SpaceNormalizer read_space_normalizer(const JsonFields& root) {
  SpaceNormalizer result;
  if (!root.contains("normalizer")) {
    return result;
  }
  for (const JsonFields& item : items_of(root.object("normalizer"), "normalizers")) {
    const std::string type = item.text("type");
    if (type == "NFC") {
      result.nfc = true;
    } else if (type == "Prepend" && item.text("prepend") == space_mark) {
      result.prepends = true;
    } else if (replaces(item, " ", space_mark)) {
      result.replaces = true;
    } else {
      fail(item.source(), ": this normalizer ", quoted(type), " is not supported with \"byte_fallback\"; supported ",
           "are NFC, Prepend of U+2581 and Replace of a space by it");
    }
  }
  return result;
}

inline void read_metaspace(const JsonFields& item, PretrainedTokenizerParts& parts) {
  const std::string type = item.text("type");
  require(type == "Metaspace" && item.text("replacement") == space_mark, item.source(), ": the pre-tokenizer ",
          quoted(type), " is not supported with \"byte_fallback\"; supported is Metaspace with U+2581");
  const std::string scheme = item.text("prepend_scheme", item.flag("add_prefix_space", true) ? "always" : "never");
  require(scheme == "always" || scheme == "first" || scheme == "never", item.source(), ": \"prepend_scheme\" is ",
          quoted(scheme), "; supported are always, first, never");
  parts.spaces.metaspace = true;
  parts.spaces.in_front = scheme == "always"  ? SpaceInFront::everywhere
                          : scheme == "first" ? SpaceInFront::at_start
                                              : SpaceInFront::nowhere;
  if (item.flag("split", true)) {
    parts.steps.push_back(PretokenizerStep::marked_words);
  }
}

/// Whether a pre-tokenizer splits at spaces alone, as Gemma's does. Behind a normalizer that replaces all spaces it
/// does nothing.
[[nodiscard]] inline bool splits_spaces(const JsonFields& item) {
  return item.text("type") == "Split" && item.object("pattern").text("String", "") == " ";
}

/// Whether the decoder removes a space from the start. All supported decoders restore spaces and bytes.
[[nodiscard]] inline bool read_space_decoder(const JsonFields& root) {
  const JsonFields decoder = root.object("decoder");
  const std::vector<JsonFields> items = items_of(decoder, "decoders");
  constexpr std::size_t needed = 3;
  const bool known = (items.size() == needed || items.size() == needed + 1) && replaces(items[0], space_mark, " ") &&
                     items[1].text("type") == "ByteFallback" && items[2].text("type") == "Fuse";
  const bool strips = items.size() > needed;
  require(known && (!strips || (items[needed].text("type") == "Strip" && items[needed].text("content") == " " &&
                                items[needed].integer("start") == 1 && items[needed].integer("stop") == 0)),
          decoder.source(), ": with \"byte_fallback\", supported is a Sequence of Replace of U+2581 by a space, ",
          "ByteFallback, Fuse and, maybe, Strip of one space at the start");
  return strips;
}

/// Reads the parts around a model with "byte_fallback".
inline void read_spaces(const JsonFields& root, PretrainedTokenizerParts& parts) {
  const SpaceNormalizer normalizer = read_space_normalizer(root);
  parts.alphabet = TokenAlphabet::characters;
  parts.nfc = normalizer.nfc;
  if (root.contains("pre_tokenizer") && !(normalizer.replaces && splits_spaces(root.object("pre_tokenizer")))) {
    require(!normalizer.prepends && !normalizer.replaces, root.source(),
            ": a normalizer and a pre-tokenizer that both mark spaces are not supported");
    read_metaspace(root.object("pre_tokenizer"), parts);
  } else {
    require(normalizer.replaces, root.source(), ": with \"byte_fallback\", spaces must become U+2581, by a normalizer ",
            "Replace or a pre-tokenizer Metaspace");
    parts.spaces.in_front = normalizer.prepends ? SpaceInFront::everywhere : SpaceInFront::nowhere;
  }
  parts.spaces.stripped = read_space_decoder(root);
}

}  // namespace ampsft::detail
