// SPDX-License-Identifier: MIT
/// @file
/// Decodes tokens that arrive one at a time.
#pragma once

#include <ampsft/text/detail/utf8.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace ampsft {

/// Returns the text of tokens as soon as its characters are complete. The tokenizer must outlive it.
class StreamingDecoder {
 public:
  /// At the start of a text, such as an answer, it removes the same space as `PretrainedTokenizer::decode`. If the
  /// tokens continue other text, such as a prompt, `place` is `inside`.
  explicit StreamingDecoder(const PretrainedTokenizer& tokenizer, bool skip_special = true,
                            TextPlace place = TextPlace::start)
      : tokenizer_(&tokenizer),
        skip_special_(skip_special),
        strips_space_(place == TextPlace::start && tokenizer.strips_space()) {}

  /// The text that the token completes. Holds back the first bytes of an incomplete character. Throws `Error` for an id
  /// outside the vocabulary.
  [[nodiscard]] std::string push(std::int32_t id) {
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

  /// The bytes that are still held back.
  [[nodiscard]] std::string finish() { return std::exchange(held_, {}); }

 private:
  const PretrainedTokenizer* tokenizer_;
  bool skip_special_;
  bool strips_space_;
  std::string held_;
};

}  // namespace ampsft
