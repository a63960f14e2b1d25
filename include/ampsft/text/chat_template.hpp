// SPDX-License-Identifier: MIT
/// @file
/// How a chat becomes tokens, and which of them are learned.
#pragma once

#include <ampsft/text/detail/chat_marks.hpp>
#include <ampsft/text/messages.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Which tokens the loss counts: those of the assistant's answers with the token that ends them, or all.
enum class LossOn { answers, everything };

/// Tokens of one record.
struct EncodedRecord {
  std::vector<std::int32_t> ids;
  std::vector<bool> learned;  ///< whether a token is to be predicted from those before it; never the first
  std::size_t line = 1;

  [[nodiscard]] std::size_t learned_count() const {
    return static_cast<std::size_t>(std::count(learned.begin(), learned.end(), true));
  }
};

/// Turns records into the tokens that a model was trained on; the tokenizer must outlive it.
///
/// Control tokens come from the template alone: a message that contains "<|im_end|>" is text. An answer is encoded
/// apart from the words before it, as it is when the model is asked; no space is put between them.
class ChatTemplate {
 public:
  /// `end` ends plain texts, completions, the answers of Llama-2 and the turns of Zephyr: the model's end-of-text
  /// token. `default_system` is what a chat without a system message begins with. Throws `Error` if the tokenizer lacks
  /// a token of the template.
  ChatTemplate(ChatTemplateKind kind, const PretrainedTokenizer& tokenizer,
               std::optional<std::int32_t> end = std::nullopt, std::string default_system = "")
      : kind_(kind), tokenizer_(&tokenizer), end_(end), default_system_(std::move(default_system)) {
    if (kind == ChatTemplateKind::chatml) {
      begin_turn_ = token("<|im_start|>");
      end_turn_ = token("<|im_end|>");
    } else if (kind == ChatTemplateKind::llama3) {
      begin_turn_ = token("<|start_header_id|>");
      end_header_ = token("<|end_header_id|>");
      end_turn_ = token("<|eot_id|>");
    }
    require(end || kind != ChatTemplateKind::zephyr, "Zephyr's turns end with the end-of-text token, which the model ",
            "lacks; choose another template");
    require(!end || (*end >= 0 && *end < tokenizer.vocabulary_size()), "the end-of-text token ", end.value_or(0),
            " is not in the vocabulary");
  }

  /// The template that a model's own (Jinja) template is recognised as, with its default system message. Throws `Error`
  /// for one that has the marks of none.
  [[nodiscard]] static ChatTemplate recognize(std::string_view jinja, const PretrainedTokenizer& tokenizer,
                                              std::optional<std::int32_t> end = std::nullopt) {
    const ChatTemplateKind kind = recognize_chat_template(jinja);
    return ChatTemplate(kind, tokenizer, end, kind == ChatTemplateKind::chatml ? detail::chatml_default(jinja) : "");
  }

  [[nodiscard]] ChatTemplateKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& default_system() const noexcept { return default_system_; }

  /// The token that ends a turn, of templates that have one of their own.
  [[nodiscard]] std::optional<std::int32_t> end_of_turn() const noexcept {
    return end_turn_ >= 0 ? std::optional(end_turn_) : std::nullopt;
  }

  /// Throws `Error` for a chat that the template has no form for.
  [[nodiscard]] EncodedRecord encode(const TextRecord& record, LossOn loss = LossOn::answers) const {
    Sink sink{*tokenizer_, {}, TextPlace::start};
    if (record.kind == RecordKind::chat) {
      append_chat(sink, record.messages, false);
    } else if (record.kind == RecordKind::completion && kind_ != ChatTemplateKind::plain) {
      append_chat(sink, std::vector<ChatMessage>{{"user", record.prompt}, {"assistant", record.text}}, false);
    } else {
      sink.begin();
      if (record.kind == RecordKind::completion) {
        sink.text(record.prompt, false);
      }
      sink.text(record.text, true);
      sink.end(end_);
    }
    EncodedRecord encoded = std::move(sink.record);
    encoded.line = record.line;
    if (loss == LossOn::everything) {
      encoded.learned.assign(encoded.ids.size(), true);
    }
    if (!encoded.learned.empty()) {
      encoded.learned.front() = false;
    }
    return encoded;
  }

  /// The tokens after which the model answers the last message, which must be the user's.
  [[nodiscard]] std::vector<std::int32_t> prompt(const std::vector<ChatMessage>& messages) const {
    require(!messages.empty() && messages.back().role == "user", "a prompt must end with a message of the user");
    Sink sink{*tokenizer_, {}, TextPlace::start};
    append_chat(sink, messages, true);
    return std::move(sink.record.ids);
  }

 private:
  struct Sink {
    const PretrainedTokenizer& tokenizer;
    EncodedRecord record;
    TextPlace place = TextPlace::start;

    void tokens(std::span<const std::int32_t> ids, bool learned) {
      record.ids.insert(record.ids.end(), ids.begin(), ids.end());
      record.learned.resize(record.ids.size(), learned);
    }
    /// What the model's own tools put before a text.
    void begin() { tokens(tokenizer.prefix(), false); }
    void token(std::int32_t id, bool learned) {
      tokens(std::span(&id, 1), learned);
      place = TextPlace::after_token;
    }
    void text(std::string_view part, bool learned) {
      if (!part.empty()) {
        tokens(tokenizer.encode_plain(part, place), learned);
        place = TextPlace::inside;
      }
    }
    void end(std::optional<std::int32_t> id) {
      if (id) {
        token(*id, true);
      }
    }
  };

  [[nodiscard]] std::int32_t token(std::string_view content) const {
    const auto id = tokenizer_->find_added(content);
    require(id.has_value(), "the tokenizer has no token ", detail::quoted(content), ", which the template ",
            chat_template_name(kind_), " needs; choose another template");
    return *id;
  }

  void append_chat(Sink& sink, const std::vector<ChatMessage>& messages, bool asks) const {
    std::vector<ChatMessage> all;
    if (!default_system_.empty() && messages.front().role != "system") {
      all.push_back({"system", default_system_});
    }
    all.insert(all.end(), messages.begin(), messages.end());
    if (kind_ == ChatTemplateKind::llama2) {
      return append_llama2(sink, all);
    }
    sink.begin();
    for (const ChatMessage& message : all) {
      const bool answer = message.role == "assistant";
      const std::string content = content_of(message);
      std::string text = append_header(sink, message.role);
      if (answer) {
        sink.text(text, false);
        sink.text(content, true);
      } else {
        sink.text(text.append(content), false);
      }
      append_end(sink, answer);
    }
    if (asks) {
      sink.text(append_header(sink, "assistant"), false);
    }
  }

  /// The space of a plain turn belongs to what is said, as it does to the tokens of words.
  [[nodiscard]] std::string content_of(const ChatMessage& message) const {
    if (kind_ == ChatTemplateKind::plain) {
      return ' ' + message.content;
    }
    return kind_ == ChatTemplateKind::llama3 ? std::string(detail::trimmed(message.content)) : message.content;
  }

  /// Appends what begins a turn; returns the text that belongs between it and the message.
  std::string append_header(Sink& sink, const std::string& role) const {
    if (kind_ == ChatTemplateKind::plain) {
      return concat(detail::plain_role(role), ':');
    }
    if (kind_ == ChatTemplateKind::zephyr) {
      return concat("<|", role, "|>\n");
    }
    sink.token(begin_turn_, false);
    if (kind_ == ChatTemplateKind::chatml) {
      return role + '\n';
    }
    sink.text(role, false);
    sink.token(end_header_, false);
    return "\n\n";
  }

  void append_end(Sink& sink, bool answer) const {
    if (kind_ == ChatTemplateKind::plain) {
      if (answer) {
        sink.end(end_);
      }
      return sink.text("\n", answer && !end_);
    }
    sink.token(kind_ == ChatTemplateKind::zephyr ? *end_ : end_turn_, answer);
    if (kind_ != ChatTemplateKind::llama3) {
      sink.text("\n", false);
    }
  }

  /// `[INST] <<SYS>>\nsystem\n<</SYS>>\n\nuser [/INST] answer </s>`, each pair with the tokenizer's prefix.
  void append_llama2(Sink& sink, const std::vector<ChatMessage>& messages) const {
    std::string system;
    bool user_next = true;
    for (const ChatMessage& message : messages) {
      const std::string_view content = detail::trimmed(message.content);
      if (message.role == "system") {
        system = concat("<<SYS>>\n", message.content, "\n<</SYS>>\n\n");
        continue;
      }
      require((message.role == "user") == user_next, "Llama-2 chats must alternate between user and assistant, ",
              "the user first");
      user_next = !user_next;
      if (message.role == "user") {
        for (const std::int32_t id : tokenizer_->prefix()) {
          sink.token(id, false);  // stands in the template's text
        }
        sink.text(concat("[INST] ", detail::trimmed(std::exchange(system, "") + message.content), " [/INST]"), false);
      } else {
        sink.text(concat(' ', content, ' '), true);
        sink.end(end_);
      }
    }
  }

  ChatTemplateKind kind_;
  const PretrainedTokenizer* tokenizer_;
  std::optional<std::int32_t> end_;
  std::string default_system_;
  std::int32_t begin_turn_ = -1;
  std::int32_t end_header_ = -1;
  std::int32_t end_turn_ = -1;
};

}  // namespace ampsft
