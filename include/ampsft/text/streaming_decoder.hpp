// SPDX-License-Identifier: MIT
/// @file
/// Text out of tokens that come one at a time.
#pragma once

#include <ampsft/text/detail/utf8.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace ampsft {

/// Gives out the text of tokens as soon as its characters are complete; the tokenizer must outlive it.
class StreamingDecoder {
 public:
  /// At the start of a text, as an answer is, the space is left out that `PretrainedTokenizer::decode` leaves out;
  /// where tokens go on with other text, say a prompt that is shown before them, `place` is `inside`.
  explicit StreamingDecoder(const PretrainedTokenizer& tokenizer, bool skip_special = true,
                            TextPlace place = TextPlace::start)
      : tokenizer_(&tokenizer),
        skip_special_(skip_special),
        strips_space_(place == TextPlace::start && tokenizer.strips_space()) {}

  /// The text that a token completes; bytes that begin a character are held back until the rest of it has come. Throws
  /// `Error` for an id outside of the vocabulary.
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

  /// What is still held back, as it is.
  [[nodiscard]] std::string finish() { return std::exchange(held_, {}); }

 private:
  const PretrainedTokenizer* tokenizer_;
  bool skip_special_;
  bool strips_space_;
  std::string held_;
};

}  // namespace ampsft
