// SPDX-License-Identifier: MIT
/// @file
/// JSON from files that nobody vouches for, and to files. Templates, so that ampsft::instances can compile them.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_builder.hpp>
#include <ampsft/io/detail/names.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

/// The integer under a name of an object. A number with a fraction, another type or a missing name is nlohmann's
/// exception, as its own functions throw; those would cut a fraction off in silence.
[[nodiscard]] inline std::int64_t integer_at(const nlohmann::json& object, const char* name) {
  return object.at(name).get_ref<const nlohmann::json::number_integer_t&>();
}

/// Parses UTF-8 JSON text.
///
/// Throws `Error`, beginning with `source` (say, the file's name), for text that is not JSON or not UTF-8, for an
/// object that has a name twice, for arrays and objects nested deeper than `max_depth`, and for so many tiny values
/// that memory would exceed four times the text and 48 MiB. What `filter` takes is left out; see `JsonFilter`.
template <class Json = nlohmann::json>
[[nodiscard]] Json parse_json(std::string_view text, const std::string& source, int max_depth,
                              const JsonFilter& filter = {}) {
  detail::JsonBuilder builder(text.size(), source, max_depth, filter);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    std::string_view reason = builder.reason();  // "[json.exception.parse_error.101] parse error at line ..."
    reason.remove_prefix(reason.starts_with('[') ? reason.find(']') + 2 : 0);
    fail(source, ": ", detail::one_line(reason));
  }
  return std::move(builder.root());
}
AMPSFT_INSTANCE(nlohmann::json parse_json(std::string_view, const std::string&, int, const JsonFilter&));

/// The text of a JSON value, in one line or, with `indent` spaces a level, in many. Throws `Error` for strings that are
/// not UTF-8.
template <class Json>
[[nodiscard]] std::string json_text(const Json& json, int indent = -1) {
  try {
    return json.dump(indent);
  } catch (const nlohmann::json::exception& error) {
    fail("JSON cannot hold a string that is not UTF-8 (", error.what(), ")");
  }
}
AMPSFT_INSTANCE(std::string json_text(const nlohmann::json&, int));

}  // namespace ampsft
