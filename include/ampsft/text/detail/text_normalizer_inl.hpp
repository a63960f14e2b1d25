// SPDX-License-Identifier: MIT
/// @file
/// How a text is normalized.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/normalize_nfc.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/text_normalizer.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::string TextNormalizer::normalize(std::string_view text, TextPlace place) const {
  std::string normal = nfc_ ? normalize_nfc(text) : std::string(text);
  return marks_early() ? mark_spaces(normal, space_in_front(place)) : normal;
}

AMPSFT_HEADER_INLINE std::string TextNormalizer::mark(std::string_view text, TextPlace place) const {
  return mark_spaces(text, space_in_front(place) && !begins_with_space(text));
}

AMPSFT_HEADER_INLINE bool TextNormalizer::space_in_front(TextPlace place) const noexcept {
  return place == TextPlace::start ? spaces_->in_front != SpaceInFront::nowhere
                                   : place == TextPlace::after_token && spaces_->in_front == SpaceInFront::everywhere;
}

}  // namespace ampsft::detail
