// SPDX-License-Identifier: MIT
/// @file
/// How a chat becomes tokens, and which of them are learned.
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

/// Turns records into the tokens that a model was trained on; the tokenizer must outlive it.
///
/// Control tokens come from the template alone: a message that contains "<|im_end|>" is text. An answer is encoded
/// apart from the words before it, as it is when the model is asked; no space is put between them. Every text begins
/// with what the tokenizer puts before texts, say a beginning-of-text token, once.
class ChatTemplate {
 public:
  /// `end` ends plain texts, completions, the answers of Llama-2 and the turns of Zephyr: the model's end-of-text
  /// token. `default_system` begins a chat that has no system message. Throws `Error` if the tokenizer lacks a token of
  /// the template.
  ChatTemplate(ChatTemplateKind kind, const PretrainedTokenizer& tokenizer,
               std::optional<std::int32_t> end = std::nullopt, std::string default_system = "");

  /// The template that a model's own (Jinja) template is recognized as, with its default system message. Throws `Error`
  /// for one that has the marks of none.
  [[nodiscard]] static ChatTemplate recognize(std::string_view jinja, const PretrainedTokenizer& tokenizer,
                                              std::optional<std::int32_t> end = std::nullopt);

  [[nodiscard]] ChatTemplateKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& default_system() const noexcept { return default_system_; }

  /// The token that ends a turn, of templates that have one of their own.
  [[nodiscard]] std::optional<std::int32_t> end_of_turn() const noexcept;

  /// The tokens of a record. Throws `Error` for a chat that the template has no form for.
  [[nodiscard]] EncodedRecord encode(const TextRecord& record, LossOn loss = LossOn::answers) const;

  /// The tokens after which the model answers the last message, which must be the user's.
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
