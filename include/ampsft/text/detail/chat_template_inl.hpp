// SPDX-License-Identifier: MIT
/// @file
/// Bodies of chat_template.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/chat_template.hpp>
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

AMPSFT_HEADER_INLINE ChatTemplate::ChatTemplate(ChatTemplateKind kind, const PretrainedTokenizer& tokenizer,
                                                std::optional<std::int32_t> end, std::string default_system)
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

AMPSFT_HEADER_INLINE ChatTemplate ChatTemplate::recognize(std::string_view jinja, const PretrainedTokenizer& tokenizer,
                                                          std::optional<std::int32_t> end) {
  const ChatTemplateKind kind = recognize_chat_template(jinja);
  return ChatTemplate(kind, tokenizer, end, kind == ChatTemplateKind::chatml ? detail::chatml_default(jinja) : "");
}

AMPSFT_HEADER_INLINE std::optional<std::int32_t> ChatTemplate::end_of_turn() const noexcept {
  return tokens_.end_turn >= 0 ? std::optional(tokens_.end_turn) : std::nullopt;
}

AMPSFT_HEADER_INLINE EncodedRecord ChatTemplate::encode(const TextRecord& record, LossOn loss) const {
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

AMPSFT_HEADER_INLINE std::vector<std::int32_t> ChatTemplate::prompt(const std::vector<ChatMessage>& messages) const {
  require(!messages.empty() && messages.back().role == "user", "a prompt must end with a message of the user");
  detail::RecordSink sink(*tokenizer_);
  append_chat(sink, messages, true);
  return sink.finish().ids;
}

AMPSFT_HEADER_INLINE std::int32_t ChatTemplate::token(std::string_view content) const {
  const auto id = tokenizer_->find_added(content);
  require(id.has_value(), "the tokenizer has no token ", detail::quoted(content), ", which the template ",
          chat_template_name(kind_), " needs; choose another template");
  return *id;
}

AMPSFT_HEADER_INLINE void ChatTemplate::append_chat(detail::RecordSink& sink, const std::vector<ChatMessage>& messages,
                                                    bool asks) const {
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

}  // namespace ampsft
