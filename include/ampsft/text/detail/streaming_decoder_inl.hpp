// SPDX-License-Identifier: MIT
/// @file
/// Bodies of streaming_decoder.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/utf8.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>
#include <ampsft/text/streaming_decoder.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace ampsft {

AMPSFT_HEADER_INLINE StreamingDecoder::StreamingDecoder(const PretrainedTokenizer& tokenizer, bool skip_special,
                                                        TextPlace place)
    : tokenizer_(&tokenizer),
      skip_special_(skip_special),
      strips_space_(place == TextPlace::start && tokenizer.strips_space()) {}

AMPSFT_HEADER_INLINE std::string StreamingDecoder::push(std::int32_t id) {
  if (skip_special_ && tokenizer_->is_special(id)) {
    return {};
  }
  held_ += tokenizer_->token(id);
  if (strips_space_ && !held_.empty()) {
    strips_space_ = false;
    held_.erase(0, held_.starts_with(' ') ? 1 : 0);
  }
  const std::size_t complete = held_.size() - detail::incomplete_tail(held_);
  std::string text = held_.substr(0, complete);
  held_.erase(0, complete);
  return text;
}

}  // namespace ampsft
