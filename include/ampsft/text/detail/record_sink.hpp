// SPDX-License-Identifier: MIT
/// @file
/// Collects the tokens of a record, part by part.
#pragma once

#include <ampsft/text/encoded_record.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft::detail {

/// Encodes texts by their place, and remembers which tokens are learned.
///
/// Texts that are not learned are encoded together up to the next token or learned text, as if they were one.
class RecordSink {
 public:
  /// The tokenizer must outlive it.
  explicit RecordSink(const PretrainedTokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  /// Adds the tokens that begin every text.
  void begin() {
    flush();
    add(tokenizer_->prefix(), false);
  }

  void token(std::int32_t id, bool learned) {
    flush();
    add(std::span(&id, 1), learned);
    place_ = TextPlace::after_token;
  }

  /// Adds a text. Special tokens in it are text.
  void text(std::string_view part, bool learned) {
    if (learned) {
      flush();
      encode(part, true);
    } else {
      pending_ += part;
    }
  }

  /// Adds the token that ends a text, if there is one; it is learned.
  void end(std::optional<std::int32_t> id) {
    if (id) {
      token(*id, true);
    }
  }

  /// Returns all that was added.
  [[nodiscard]] EncodedRecord finish() {
    flush();
    return std::move(record_);
  }

 private:
  void flush() {
    encode(pending_, false);
    pending_.clear();
  }

  void encode(std::string_view part, bool learned) {
    if (!part.empty()) {
      add(tokenizer_->encode_plain(part, place_), learned);
      place_ = TextPlace::inside;
    }
  }

  void add(std::span<const std::int32_t> ids, bool learned) {
    record_.ids.insert(record_.ids.end(), ids.begin(), ids.end());
    record_.learned.resize(record_.ids.size(), learned);
  }

  const PretrainedTokenizer* tokenizer_;
  EncodedRecord record_;
  std::string pending_;  // not learned, not encoded yet
  TextPlace place_ = TextPlace::start;
};

}  // namespace ampsft::detail
