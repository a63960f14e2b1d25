// SPDX-License-Identifier: MIT
/// @file
/// Changes of a text before it is cut into words: Unicode's form C, and marks for spaces.
#pragma once

#include <ampsft/text/detail/normalize_nfc.hpp>
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
  [[nodiscard]] std::string normalize(std::string_view text, TextPlace place) const {
    std::string normal = nfc_ ? normalize_nfc(text) : std::string(text);
    return marks_early() ? mark_spaces(normal, space_in_front(place)) : normal;
  }

  /// Whether spaces of what lies between added tokens are still to be marked.
  [[nodiscard]] bool marks_late() const noexcept { return spaces_ && spaces_->metaspace; }

  /// Such a text, marked.
  [[nodiscard]] std::string mark(std::string_view text, TextPlace place) const {
    return mark_spaces(text, space_in_front(place) && !begins_with_space(text));
  }

  /// Whether decoding takes a space off the start of a text.
  [[nodiscard]] bool strips_space() const noexcept { return spaces_ && spaces_->stripped; }

 private:
  [[nodiscard]] bool marks_early() const noexcept { return spaces_ && !spaces_->metaspace; }

  [[nodiscard]] bool space_in_front(TextPlace place) const noexcept {
    return place == TextPlace::start ? spaces_->in_front != SpaceInFront::nowhere
                                     : place == TextPlace::after_token && spaces_->in_front == SpaceInFront::everywhere;
  }

  std::optional<SpaceMarks> spaces_;  // of a vocabulary of characters
  bool nfc_;
};

}  // namespace ampsft::detail
