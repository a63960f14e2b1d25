// SPDX-License-Identifier: MIT
/// @file
/// Encodes chats as tokens, and marks those that are learned.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/chat_marks.hpp>
#include <ampsft/text/detail/chat_turns.hpp>
#include <ampsft/text/detail/record_sink.hpp>
#include <ampsft/text/encoded_record.hpp>
#include <ampsft/text/messages.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Encodes records in the format that a model was trained on. The tokenizer must outlive it.
///
/// Control tokens come from the template only: "<|im_end|>" in a message is text. An answer is encoded separately from
/// the text before it, as it is when the model is asked; no space is added between them. Every text begins, once, with
/// the tokenizer's prefix, such as a beginning-of-text token.
class ChatTemplate {
 public:
  /// `end` is the model's end-of-text token. It ends plain texts, completions, the answers of Llama-2 and the turns of
  /// Zephyr. `default_system` is the system message of chats without one. Throws `Error` if the tokenizer lacks a token
  /// of the template.
  ChatTemplate(ChatTemplateKind kind, const PretrainedTokenizer& tokenizer,
               std::optional<std::int32_t> end = std::nullopt, std::string default_system = "");

  /// The template as which a model's own (Jinja) template is recognized, with its default system message. Throws
  /// `Error` if it has no known mark.
  [[nodiscard]] static ChatTemplate recognize(std::string_view jinja, const PretrainedTokenizer& tokenizer,
                                              std::optional<std::int32_t> end = std::nullopt);

  [[nodiscard]] ChatTemplateKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& default_system() const noexcept { return default_system_; }

  /// The token that ends a turn, if the template has its own.
  [[nodiscard]] std::optional<std::int32_t> end_of_turn() const noexcept;

  /// Encodes a record. Throws `Error` for a chat that the template cannot express.
  [[nodiscard]] EncodedRecord encode(const TextRecord& record, LossOn loss = LossOn::answers) const;

  /// The tokens of a prompt that asks for an answer to the last message, which must be the user's.
  [[nodiscard]] std::vector<std::int32_t> prompt(const std::vector<ChatMessage>& messages) const;

 private:
  [[nodiscard]] std::int32_t token(std::string_view content) const;

  void append_chat(detail::RecordSink& sink, const std::vector<ChatMessage>& messages, bool asks) const;

  ChatTemplateKind kind_;
  const PretrainedTokenizer* tokenizer_;
  detail::ChatTokens tokens_;
  std::string default_system_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/chat_template_inl.hpp>
#endif
