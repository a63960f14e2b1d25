// SPDX-License-Identifier: MIT
/// @file
/// JSON from files that nobody vouches for, and to files.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/json_filter.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ampsft {

/// The integer under a name of an object. A number with a fraction, another type or a missing name is nlohmann's
/// exception, as its own functions throw; those would cut a fraction off in silence.
[[nodiscard]] AMPSFT_HEADER_INLINE std::int64_t integer_at(const nlohmann::json& object, const char* name);

/// Parses UTF-8 JSON text.
///
/// Throws `Error`, beginning with `source` (say, the file's name), for text that is not JSON or not UTF-8, for an
/// object that has a name twice, for arrays and objects nested deeper than `max_depth`, and for so many tiny values
/// that memory would exceed four times the text and 48 MiB. What `filter` takes is left out; see `JsonFilter`.
[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json parse_json(std::string_view text, const std::string& source,
                                                             int max_depth, const JsonFilter& filter = {});

/// The text of a JSON value, in one line or, with `indent` spaces a level, in many. Throws `Error` for strings that are
/// not UTF-8.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string json_text(const nlohmann::json& json, int indent = -1);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/json_text_inl.hpp>
#endif
