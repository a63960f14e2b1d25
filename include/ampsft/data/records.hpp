// SPDX-License-Identifier: MIT
/// @file
/// Records of fine-tuning data: chats, prompts with completions, plain texts; read from JSON Lines or a text file.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/data/data_report.hpp>
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

namespace ampsft {

/// What to do with a bad record.
enum class BadRecord { refuse, skip };

namespace detail {

[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<ChatMessage> read_messages(const JsonFields& record);

[[nodiscard]] AMPSFT_HEADER_INLINE TextRecord read_record(std::string_view line, const std::string& source);

}  // namespace detail

/// Parses JSON Lines; skips empty lines. Each line is an object with "messages" (an array of
/// objects with "role" and "content"), with "prompt" and "completion", or with "text"; other members are ignored.
///
/// A bad record throws `Error` with `source` and the line, or is skipped and counted in the report.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<TextRecord> parse_records(std::string_view lines,
                                                                         const std::string& source, BadRecord bad,
                                                                         DataReport& report);

/// Reads the records of a file: `.jsonl` and `.json` are JSON Lines, any other file is one plain text. Throws `Error`
/// as `parse_records` does, and for a file that cannot be read or has no records.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<TextRecord> read_records(const std::filesystem::path& path,
                                                                        BadRecord bad, DataReport& report);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/records_inl.hpp>
#endif
