// SPDX-License-Identifier: MIT
/// @file
/// Collects the tokens of a record, part by part.
#pragma once

#include <ampsft/text/encoded_record.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ampsft::detail {

/// Encodes texts as what stands at their place, and remembers which tokens are learned.
class RecordSink {
 public:
  /// The tokenizer must outlive it.
  explicit RecordSink(const PretrainedTokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  /// What was collected.
  EncodedRecord record;

  /// Adds what the model's own tools put before a text.
  void begin() { tokens(tokenizer_->prefix(), false); }

  void token(std::int32_t id, bool learned) {
    tokens(std::span(&id, 1), learned);
    place_ = TextPlace::after_token;
  }

  /// Adds a text in which control tokens are text.
  void text(std::string_view part, bool learned) {
    if (!part.empty()) {
      tokens(tokenizer_->encode_plain(part, place_), learned);
      place_ = TextPlace::inside;
    }
  }

  /// Adds the token that ends a text, if there is one; it is learned.
  void end(std::optional<std::int32_t> id) {
    if (id) {
      token(*id, true);
    }
  }

 private:
  void tokens(std::span<const std::int32_t> ids, bool learned) {
    record.ids.insert(record.ids.end(), ids.begin(), ids.end());
    record.learned.resize(record.ids.size(), learned);
  }

  const PretrainedTokenizer* tokenizer_;
  TextPlace place_ = TextPlace::start;
};

}  // namespace ampsft::detail
