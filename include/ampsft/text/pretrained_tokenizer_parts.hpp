// SPDX-License-Identifier: MIT
/// @file
/// What determines a pretrained tokenizer, as its readers find it in files.
#pragma once

#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/pretokenization.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// What the tokens of a vocabulary are written in.
enum class TokenAlphabet {
  bytes,       ///< GPT-2's alphabet, in which each byte is a printable character
  characters,  ///< the text itself with U+2581 for spaces (SentencePiece); `<0x0A>` stands for a byte, of characters
               ///< that are no token
};

/// Where a text gets a space in front, so that its first word looks like those behind spaces.
enum class SpaceInFront {
  nowhere,
  at_start,    ///< of the whole text alone
  everywhere,  ///< there and behind every added token
};

/// How a vocabulary of characters sees spaces. The two ways are the normaliser Prepend and the pre-tokenizer Metaspace.
struct SpaceMarks {
  SpaceInFront in_front = SpaceInFront::everywhere;
  bool metaspace = false;  ///< added tokens, normalised ones too, are found before; a space that is there is enough
  bool stripped = true;    ///< decoding takes a space off the beginning of a text

  bool operator==(const SpaceMarks&) const = default;
};

/// Where a piece of a text lies that is encoded or decoded in pieces.
enum class TextPlace {
  start,
  after_token,  ///< behind a control token
  inside,       ///< behind other text: it gets no space in front and loses none
};

/// Everything that determines a pretrained tokenizer.
struct PretrainedTokenizerParts {
  std::vector<std::string> tokens;  ///< by id, in their alphabet; an id that stands for nothing is empty
  std::vector<std::pair<std::string, std::string>> merges;  ///< first comes first
  std::vector<float> scores;      ///< by id, instead of merges: any two that make a token merge, highest score first
  std::vector<AddedToken> added;  ///< their contents are plain text; those that are in `tokens` keep that id
  std::vector<PretokenizerStep> steps;
  TokenAlphabet alphabet = TokenAlphabet::bytes;
  SpaceMarks spaces;                    ///< of the alphabet of characters
  std::optional<std::int32_t> unknown;  ///< stands for a byte or a character that no token is
  bool fuse_unknown = false;            ///< and for a whole row of such characters
  std::vector<std::int32_t> unused;     ///< ids that merges may pass through, but that no text becomes (SentencePiece)
  bool nfc = false;                     ///< text is brought to Unicode's form C first
  bool ignore_merges = false;           ///< a word that is a token becomes that token, whatever the merges say
  std::vector<std::int32_t> prefix;     ///< what the model's own tools put before a text, say a beginning-of-text token
  std::vector<std::int32_t> suffix;     ///< and behind it
};

}  // namespace ampsft
