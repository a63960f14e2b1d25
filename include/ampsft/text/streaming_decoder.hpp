// SPDX-License-Identifier: MIT
/// @file
/// Decodes tokens that arrive one at a time.
#pragma once

#include <ampsft/core/instances.hpp>
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
                            TextPlace place = TextPlace::start);

  /// The text that the token completes. Holds back the first bytes of an incomplete character. Throws `Error` for an id
  /// outside the vocabulary.
  [[nodiscard]] std::string push(std::int32_t id);

  /// The bytes that are still held back.
  [[nodiscard]] std::string finish() { return std::exchange(held_, {}); }

 private:
  const PretrainedTokenizer* tokenizer_;
  bool skip_special_;
  bool strips_space_;
  std::string held_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/streaming_decoder_inl.hpp>
#endif
