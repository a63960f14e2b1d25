// SPDX-License-Identifier: MIT
/// @file
/// The known chat templates, and the marks by which a model's own template is recognized.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

enum class ChatTemplateKind { chatml, llama2, llama3, zephyr, plain };

namespace detail {

inline constexpr std::array<std::string_view, 5> chat_template_names{"chatml", "llama2", "llama3", "zephyr", "plain"};

}  // namespace detail

[[nodiscard]] constexpr std::string_view chat_template_name(ChatTemplateKind kind) noexcept {
  return detail::chat_template_names[static_cast<std::size_t>(kind)];
}

/// The template of that name. Throws `Error` with the list of names for another one.
[[nodiscard]] inline ChatTemplateKind chat_template_of(std::string_view name) {
  const auto& names = detail::chat_template_names;
  const auto* const found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), "there is no chat template ", detail::quoted(name),
          "; there are chatml, llama2, llama3, zephyr, plain");
  return static_cast<ChatTemplateKind>(found - names.begin());
}

/// The kind of a model's own (Jinja) template, `tokenizer.chat_template` in GGUF files. Throws `Error` if it has no
/// known mark.
[[nodiscard]] inline ChatTemplateKind recognize_chat_template(std::string_view jinja) {
  constexpr std::array<std::pair<std::string_view, ChatTemplateKind>, 5> marks{
      {{"<|im_start|>", ChatTemplateKind::chatml},
       {"<|start_header_id|>", ChatTemplateKind::llama3},
       // Other templates contain <|user|> too, but end turns differently. The new line may be written as an escape.
       {"<|user|>\n' + message['content'] + eos_token", ChatTemplateKind::zephyr},
       {"<|user|>\\n' + message['content'] + eos_token", ChatTemplateKind::zephyr},
       {"[INST]", ChatTemplateKind::llama2}}};
  for (const auto& [mark, kind] : marks) {
    if (jinja.find(mark) != std::string_view::npos) {
      return kind;
    }
  }
  fail("the model's chat template has the marks of none that is supported: chatml (<|im_start|>), llama3 ",
       "(<|start_header_id|>), llama2 ([INST]), zephyr (<|user|>, a new line, the message, eos_token); choose one of "
       "them, or plain, by name");
}

namespace detail {

/// The default system message of a ChatML template, found as a string of the template: "<|im_start|>system", a new
/// line, the message, "<|im_end|>". Empty if there is none.
[[nodiscard]] inline std::string chatml_default(std::string_view jinja) {
  constexpr std::string_view begin = "<|im_start|>system";
  for (std::size_t at = jinja.find(begin); at != std::string_view::npos; at = jinja.find(begin, at + 1)) {
    std::string_view rest = jinja.substr(at + begin.size());
    // The new line may be an escape or a character of the string.
    const std::size_t line = rest.starts_with('\n') ? 1 : rest.starts_with("\\n") ? 2 : 0;
    const std::size_t end = rest.find("<|im_end|>");
    if (line > 0 && end != std::string_view::npos) {
      const std::string_view message = rest.substr(line, end - line);
      if (!message.empty() && message.find_first_of("'\"{}\\") == std::string_view::npos) {
        return std::string(message);
      }
    }
  }
  return {};
}

/// The text without white space at its ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view white = " \t\n\r\v\f";
  const std::size_t begin = text.find_first_not_of(white);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

[[nodiscard]] inline std::string_view plain_role(std::string_view role) noexcept {
  return role == "system" ? "System" : role == "user" ? "User" : "Assistant";
}

}  // namespace detail

}  // namespace ampsft
