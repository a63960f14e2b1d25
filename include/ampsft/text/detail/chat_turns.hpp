// SPDX-License-Identifier: MIT
/// @file
/// The turns of a chat in each template.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/text/detail/chat_marks.hpp>
#include <ampsft/text/detail/record_sink.hpp>
#include <ampsft/text/messages.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The tokens of a template; -1 for those that it does not use.
struct ChatTokens {
  std::int32_t begin_turn = -1;
  std::int32_t end_header = -1;
  std::int32_t end_turn = -1;
  std::optional<std::int32_t> end_of_text = std::nullopt;
};

/// The content of a message as it stands in its turn. In a plain turn it begins with a space, as the tokens of words
/// do; an answer that a model wrote has that space already.
[[nodiscard]] inline std::string content_of(ChatTemplateKind kind, const ChatMessage& message) {
  if (kind == ChatTemplateKind::plain) {
    return message.content.starts_with(' ') ? message.content : ' ' + message.content;
  }
  return kind == ChatTemplateKind::llama3 ? std::string(trimmed(message.content)) : message.content;
}

/// Appends the tokens that begin a turn; returns the text between them and the message.
inline std::string append_header(ChatTemplateKind kind, const ChatTokens& tokens, RecordSink& sink,
                                 const std::string& role) {
  if (kind == ChatTemplateKind::plain) {
    return concat(plain_role(role), ':');
  }
  if (kind == ChatTemplateKind::zephyr) {
    return concat("<|", role, "|>\n");
  }
  sink.token(tokens.begin_turn, false);
  if (kind == ChatTemplateKind::chatml) {
    return role + '\n';
  }
  sink.text(role, false);
  sink.token(tokens.end_header, false);
  return "\n\n";
}

inline void append_end(ChatTemplateKind kind, const ChatTokens& tokens, RecordSink& sink, bool answer) {
  if (kind == ChatTemplateKind::plain) {
    if (answer) {
      sink.end(tokens.end_of_text);
    }
    return sink.text("\n", answer && !tokens.end_of_text);
  }
  sink.token(kind == ChatTemplateKind::zephyr ? *tokens.end_of_text : tokens.end_turn, answer);
  if (kind != ChatTemplateKind::llama3) {
    sink.text("\n", false);
  }
}

/// Appends a chat turn by turn, in any template but Llama-2's; with `asks` also the beginning of the next answer.
inline void append_turns(ChatTemplateKind kind, const ChatTokens& tokens, RecordSink& sink,
                         std::span<const ChatMessage> messages, bool asks) {
  sink.begin();
  for (const ChatMessage& message : messages) {
    const bool answer = message.role == "assistant";
    const std::string content = content_of(kind, message);
    sink.text(append_header(kind, tokens, sink, message.role), false);
    sink.text(content, answer);
    append_end(kind, tokens, sink, answer);
  }
  if (asks) {
    sink.text(append_header(kind, tokens, sink, "assistant"), false);
  }
}

/// `[INST] <<SYS>>\nsystem\n<</SYS>>\n\nuser [/INST] answer </s>`, each pair with the tokenizer's prefix. Throws
/// `Error` for a chat in which user and assistant do not take turns.
inline void append_llama2(const std::vector<std::int32_t>& prefix, std::optional<std::int32_t> end, RecordSink& sink,
                          std::span<const ChatMessage> messages) {
  std::string system;
  bool user_next = true;
  for (const ChatMessage& message : messages) {
    const std::string_view content = trimmed(message.content);
    if (message.role == "system") {
      system = concat("<<SYS>>\n", message.content, "\n<</SYS>>\n\n");
      continue;
    }
    require((message.role == "user") == user_next, "Llama-2 chats must alternate between user and assistant, ",
            "the user first");
    user_next = !user_next;
    if (message.role == "user") {
      for (const std::int32_t id : prefix) {
        sink.token(id, false);  // stands in the template's text
      }
      sink.text(concat("[INST] ", trimmed(std::exchange(system, "") + message.content), " [/INST]"), false);
    } else {
      sink.text(concat(' ', content, ' '), true);
      sink.end(end);
    }
  }
}

}  // namespace ampsft::detail
