// SPDX-License-Identifier: MIT
/// @file
/// Messages of chats, and the records that hold them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ampsft {

/// One turn; `role` is "system", "user" or "assistant".
struct ChatMessage {
  std::string role;
  std::string content;

  bool operator==(const ChatMessage&) const = default;
};

enum class RecordKind { chat, completion, text };

/// One record of a file of data.
struct TextRecord {
  RecordKind kind = RecordKind::text;
  std::vector<ChatMessage> messages;  ///< of a chat
  std::string prompt;                 ///< of a completion
  std::string text;                   ///< the completion, or a text
  std::size_t line = 1;               ///< where it begins in its file
};

}  // namespace ampsft
