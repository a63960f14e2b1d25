// SPDX-License-Identifier: MIT
/// @file
/// Encodes chats as tokens, and marks those that are learned.
#pragma once

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
               std::optional<std::int32_t> end = std::nullopt, std::string default_system = "")
      : kind_(kind), tokenizer_(&tokenizer), default_system_(std::move(default_system)) {
    tokens_.end_of_text = end;
    if (kind == ChatTemplateKind::chatml) {
      tokens_.begin_turn = token("<|im_start|>");
      tokens_.end_turn = token("<|im_end|>");
    } else if (kind == ChatTemplateKind::llama3) {
      tokens_.begin_turn = token("<|start_header_id|>");
      tokens_.end_header = token("<|end_header_id|>");
      tokens_.end_turn = token("<|eot_id|>");
    }
    require(end || kind != ChatTemplateKind::zephyr, "Zephyr's turns end with the end-of-text token, which the model ",
            "lacks; choose another template");
    require(!end || (*end >= 0 && *end < tokenizer.vocabulary_size()), "the end-of-text token ", end.value_or(0),
            " is not in the vocabulary");
  }

  /// The template as which a model's own (Jinja) template is recognized, with its default system message. Throws
  /// `Error` if it has no known mark.
  [[nodiscard]] static ChatTemplate recognize(std::string_view jinja, const PretrainedTokenizer& tokenizer,
                                              std::optional<std::int32_t> end = std::nullopt) {
    const ChatTemplateKind kind = recognize_chat_template(jinja);
    return ChatTemplate(kind, tokenizer, end, kind == ChatTemplateKind::chatml ? detail::chatml_default(jinja) : "");
  }

  [[nodiscard]] ChatTemplateKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& default_system() const noexcept { return default_system_; }

  /// The token that ends a turn, if the template has its own.
  [[nodiscard]] std::optional<std::int32_t> end_of_turn() const noexcept {
    return tokens_.end_turn >= 0 ? std::optional(tokens_.end_turn) : std::nullopt;
  }

  /// Encodes a record. Throws `Error` for a chat that the template cannot express.
  [[nodiscard]] EncodedRecord encode(const TextRecord& record, LossOn loss = LossOn::answers) const {
    detail::RecordSink sink(*tokenizer_);
    if (record.kind == RecordKind::chat) {
      append_chat(sink, record.messages, false);
    } else if (record.kind == RecordKind::completion && kind_ != ChatTemplateKind::plain) {
      append_chat(sink, {{"user", record.prompt}, {"assistant", record.text}}, false);
    } else {
      sink.begin();
      if (record.kind == RecordKind::completion) {
        sink.text(record.prompt, false);
      }
      sink.text(record.text, true);
      sink.end(tokens_.end_of_text);
    }
    EncodedRecord encoded = sink.finish();
    encoded.line = record.line;
    if (loss == LossOn::everything) {
      encoded.learned.assign(encoded.ids.size(), true);
    }
    if (!encoded.learned.empty()) {
      encoded.learned.front() = false;
    }
    return encoded;
  }

  /// The tokens of a prompt that asks for an answer to the last message, which must be the user's.
  [[nodiscard]] std::vector<std::int32_t> prompt(const std::vector<ChatMessage>& messages) const {
    require(!messages.empty() && messages.back().role == "user", "a prompt must end with a message of the user");
    detail::RecordSink sink(*tokenizer_);
    append_chat(sink, messages, true);
    return sink.finish().ids;
  }

 private:
  [[nodiscard]] std::int32_t token(std::string_view content) const {
    const auto id = tokenizer_->find_added(content);
    require(id.has_value(), "the tokenizer has no token ", detail::quoted(content), ", which the template ",
            chat_template_name(kind_), " needs; choose another template");
    return *id;
  }

  void append_chat(detail::RecordSink& sink, const std::vector<ChatMessage>& messages, bool asks) const {
    std::vector<ChatMessage> all;
    if (!default_system_.empty() && (messages.empty() || messages.front().role != "system")) {
      all.push_back({"system", default_system_});
    }
    all.insert(all.end(), messages.begin(), messages.end());
    if (kind_ == ChatTemplateKind::llama2) {
      detail::append_llama2(tokenizer_->prefix(), tokens_.end_of_text, sink, all);
    } else {
      detail::append_turns(kind_, tokens_, sink, all, asks);
    }
  }

  ChatTemplateKind kind_;
  const PretrainedTokenizer* tokenizer_;
  detail::ChatTokens tokens_;
  std::string default_system_;
};

}  // namespace ampsft
