// SPDX-License-Identifier: MIT
/// @file
/// The parts of a pretrained tokenizer, as they are read from files.
#pragma once

#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/pretokenization.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// The alphabet of the tokens of a vocabulary.
enum class TokenAlphabet {
  bytes,       ///< GPT-2's alphabet, in which each byte is a printable character
  characters,  ///< characters of the text, with U+2581 for spaces (SentencePiece); tokens like `<0x0A>` are the bytes
               ///< of characters that are no token
};

/// Where a space is added in front, so that a first word has the same token as one after a space.
enum class SpaceInFront {
  nowhere,
  at_start,    ///< in front of the whole text
  everywhere,  ///< in front of the text and after every added token
};

/// How a vocabulary of characters marks spaces: by a normalizer (Prepend and Replace) or by the pre-tokenizer
/// Metaspace.
struct SpaceMarks {
  SpaceInFront in_front = SpaceInFront::everywhere;
  bool metaspace = false;  ///< marks after all added tokens are found; adds no space where there is one
  bool stripped = true;    ///< decoding removes a space from the start of a text

  bool operator==(const SpaceMarks&) const = default;
};

/// The place of a piece of text that is encoded or decoded on its own.
enum class TextPlace {
  start,
  after_token,  ///< after a control token
  inside,       ///< after other text: no space is added or removed
};

/// Everything that defines a pretrained tokenizer.
struct PretrainedTokenizerParts {
  std::vector<std::string> tokens;  ///< by id, in their alphabet; empty for an id without a token
  std::vector<std::pair<std::string, std::string>> merges;  ///< in order of priority
  std::vector<float> scores;  ///< by id, instead of merges: any two tokens that form a third merge, highest score first
  std::vector<AddedToken> added;  ///< contents are plain text; a token that is also in `tokens` has the same id
  std::vector<PretokenizerStep> steps;
  TokenAlphabet alphabet = TokenAlphabet::bytes;
  SpaceMarks spaces;                    ///< for the alphabet of characters
  std::optional<std::int32_t> unknown;  ///< replaces a byte or character that the vocabulary lacks
  bool fuse_unknown = false;            ///< one unknown token replaces a run of such characters
  std::vector<std::int32_t> unused;  ///< ids that merges may pass through, but that are never an output (SentencePiece)
  bool nfc = false;                  ///< text is normalized to form C first
  bool ignore_merges = false;        ///< a word that is a token becomes that token, without merges
  std::vector<std::int32_t> prefix;  ///< tokens before every text, such as beginning of text
  std::vector<std::int32_t> suffix;  ///< tokens after every text
};

}  // namespace ampsft
