// SPDX-License-Identifier: MIT
/// @file
/// Chat messages, and records of training data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ampsft {

/// One turn of a chat; `role` is "system", "user" or "assistant".
struct ChatMessage {
  std::string role;
  std::string content;

  bool operator==(const ChatMessage&) const = default;
};

enum class RecordKind { chat, completion, text };

/// One record of training data.
struct TextRecord {
  RecordKind kind = RecordKind::text;
  std::vector<ChatMessage> messages;  ///< if it is a chat
  std::string prompt;                 ///< if it is a completion
  std::string text;                   ///< the completion or the text
  std::size_t line = 1;               ///< the line of its file where it begins
};

}  // namespace ampsft
