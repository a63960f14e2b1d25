// SPDX-License-Identifier: MIT
/// @file
/// Encodes records as tokens.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/data/records.hpp>
#include <ampsft/text/chat_template.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace ampsft {

/// Encodes records as tokens. Cuts chats and completions after `longest` tokens, and skips records without anything to
/// learn; the report counts both. A chat that the template cannot express is skipped with `BadRecord::skip`; otherwise
/// it throws `Error` with its line.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<EncodedRecord> encode_records(const std::vector<TextRecord>& records,
                                                                             const ChatTemplate& chat, LossOn loss,
                                                                             Index longest, BadRecord bad,
                                                                             DataReport& report);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/encode_records_inl.hpp>
#endif
