// SPDX-License-Identifier: MIT
/// @file
/// How records are read.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/data/data_report.hpp>
#include <ampsft/data/records.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/messages.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::vector<ChatMessage> read_messages(const JsonFields& record) {
  constexpr std::array<std::string_view, 3> roles{"system", "user", "assistant"};
  const nlohmann::json* const list = record.find("messages");
  require(list != nullptr && list->is_array() && !list->empty(), record.source(),
          ": \"messages\" must be an array of at least one message");
  std::vector<ChatMessage> messages;
  for (const auto& item : *list) {
    const JsonFields fields(item, concat(record.source(), ", message ", messages.size() + 1));
    ChatMessage message{fields.text("role"), fields.text("content")};
    require(std::find(roles.begin(), roles.end(), message.role) != roles.end(), fields.source(), ": the role ",
            quoted(message.role), " is not supported; supported are system, user, assistant");
    require(message.role != "system" || messages.empty(), fields.source(), ": a system message must be the first one");
    messages.push_back(std::move(message));
  }
  return messages;
}

AMPSFT_HEADER_INLINE TextRecord read_record(std::string_view line, const std::string& source) {
  constexpr int depth = 64;  // ignored members may be nested
  require(
      !line.substr(line.find_first_not_of(" \t\r")).starts_with('['), source,
      ": a JSON array begins here, but one JSON object a line is wanted (JSON Lines); write each element in a line of ",
      "its own");
  const nlohmann::json json = parse_json(line, source, depth);
  const JsonFields fields(json, source);
  TextRecord record;
  if (fields.contains("messages")) {
    record.kind = RecordKind::chat;
    record.messages = read_messages(fields);
  } else if (fields.contains("prompt") || fields.contains("completion")) {
    record.kind = RecordKind::completion;
    record.prompt = fields.text("prompt");
    record.text = fields.text("completion");
  } else {
    require(fields.contains("text"), source,
            ": a record needs \"messages\", or \"prompt\" and \"completion\", or \"text\"");
    record.text = fields.text("text");
  }
  return record;
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE std::vector<TextRecord> parse_records(std::string_view lines, const std::string& source,
                                                           BadRecord bad, DataReport& report) {
  std::vector<TextRecord> records;
  for (std::size_t line = 1; !lines.empty(); ++line) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view text = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    const std::string place = concat(source, " line ", line);
    try {
      records.push_back(detail::read_record(text, place));
      records.back().line = line;
      ++report.records;
    } catch (const Error& error) {
      if (bad == BadRecord::refuse) {
        throw;
      }
      std::string_view reason = error.what();
      reason.remove_prefix(std::min(place.size(), reason.size()));
      report.skip(line, "bad record", std::string(reason.substr(reason.starts_with(": ") ? 2 : 0)));
    }
  }
  return records;
}

AMPSFT_HEADER_INLINE std::vector<TextRecord> read_records(const std::filesystem::path& path, BadRecord bad,
                                                          DataReport& report) {
  std::string text = read_text(path);
  std::vector<TextRecord> records;
  if (path.extension() == ".jsonl" || path.extension() == ".json") {
    records = parse_records(text, concat(path), bad, report);
  } else if (!text.empty()) {
    records.emplace_back().text = std::move(text);
    ++report.records;
  }
  require(!records.empty(), path, " holds no record that can be used", report.skipped.empty() ? "" : ": ",
          report.reasons());
  return records;
}

}  // namespace ampsft
