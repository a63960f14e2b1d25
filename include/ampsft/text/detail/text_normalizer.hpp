// SPDX-License-Identifier: MIT
/// @file
/// Changes of a text before it is cut into words: Unicode's form C, and marks for spaces.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ampsft::detail {

/// The normalizer of a tokenizer, and the marks of its pre-tokenizer.
class TextNormalizer {
 public:
  explicit TextNormalizer(const PretrainedTokenizerParts& parts)
      : spaces_(parts.alphabet == TokenAlphabet::characters ? std::optional(parts.spaces) : std::nullopt),
        nfc_(parts.nfc) {}

  /// Whether `normalize` changes anything.
  [[nodiscard]] bool changes_text() const noexcept { return nfc_ || marks_early(); }

  /// The text in which added tokens are looked for that are `normalized`.
  [[nodiscard]] std::string normalize(std::string_view text, TextPlace place) const;

  /// Whether spaces of what lies between added tokens are still to be marked.
  [[nodiscard]] bool marks_late() const noexcept { return spaces_ && spaces_->metaspace; }

  /// Such a text, marked.
  [[nodiscard]] std::string mark(std::string_view text, TextPlace place) const;

  /// Whether decoding takes a space off the start of a text.
  [[nodiscard]] bool strips_space() const noexcept { return spaces_ && spaces_->stripped; }

 private:
  [[nodiscard]] bool marks_early() const noexcept { return spaces_ && !spaces_->metaspace; }

  [[nodiscard]] bool space_in_front(TextPlace place) const noexcept;

  std::optional<SpaceMarks> spaces_;  // of a vocabulary of characters
  bool nfc_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/text_normalizer_inl.hpp>
#endif
