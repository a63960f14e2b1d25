// SPDX-License-Identifier: MIT
/// @file
/// Cuts a text into added tokens and the normalized text between them.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/text_normalizer.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Finds added tokens of a text as it is, then those of the normalized text in between.
class TextSplitter {
 public:
  explicit TextSplitter(const PretrainedTokenizerParts& parts);

  [[nodiscard]] const TextNormalizer& normalizer() const noexcept { return normalizer_; }

  /// The text of a token as it is looked for.
  [[nodiscard]] std::string content_of(const AddedToken& token) const;

  /// The token of this content.
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view content) const;

  /// Calls `on_token(id)` for each token and `on_text(part)` for the text between tokens, in order. With
  /// `special_as_text` special tokens stay text.
  template <class OnText, class OnToken>
  void split(std::string_view text, bool special_as_text, TextPlace place, OnText&& on_text, OnToken&& on_token) const {
    const auto found = [&](const AddedToken& token) {
      on_token(token.id);
      place = TextPlace::after_token;
    };
    const auto between = [&](std::string_view part) {
      if (normalizer_.marks_late()) {
        const std::string marked = normalizer_.mark(part, place);
        on_text(std::string_view(marked));
      } else {
        on_text(part);
      }
    };
    raw_.split(
        text, special_as_text,
        [&](std::string_view part) {
          if (normalizer_.changes_text()) {
            const std::string normal = normalizer_.normalize(part, place);
            normalized_.split(normal, special_as_text, between, found);
          } else {
            normalized_.split(part, special_as_text, between, found);
          }
        },
        found);
  }

 private:
  TextNormalizer normalizer_;
  AddedTokenFinder raw_;
  AddedTokenFinder normalized_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/text_splitter_inl.hpp>
#endif
