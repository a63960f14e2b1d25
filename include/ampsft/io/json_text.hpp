// SPDX-License-Identifier: MIT
/// @file
/// JSON from files that nobody vouches for.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// The integer under a name of an object. A number with a fraction, another type or a missing name is nlohmann's
/// exception, as its own functions throw; those would cut a fraction off in silence.
[[nodiscard]] inline std::int64_t integer_at(const nlohmann::json& object, const char* name) {
  return object.at(name).get_ref<const nlohmann::json::number_integer_t&>();
}

/// Parses UTF-8 JSON text.
///
/// Throws `Error`, beginning with `source` (say, the file's name), for text that is not JSON or not UTF-8, for an
/// object that has a name twice, and for arrays and objects nested deeper than `max_depth`, so that memory stays a
/// small multiple of the text.
[[nodiscard]] inline nlohmann::json parse_json(std::string_view text, const std::string& source, int max_depth) {
  using nlohmann::json;
  std::vector<std::set<std::string>> names;  // of every object that is open
  const json::parser_callback_t check = [&](int depth, json::parse_event_t event, json& value) {
    switch (event) {
      case json::parse_event_t::object_start:
        names.emplace_back();
        [[fallthrough]];
      case json::parse_event_t::array_start:
        require(depth < max_depth, source, ": its JSON is nested deeper than ", max_depth, " levels");
        break;
      case json::parse_event_t::object_end:
        names.pop_back();
        break;
      case json::parse_event_t::key: {
        const auto& name = value.get_ref<const std::string&>();
        require(names.back().insert(name).second, source, ": the name ", detail::quoted(name), " appears twice");
        break;
      }
      default:
        break;
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), check);
  } catch (const json::exception& error) {
    std::string_view reason = error.what();  // "[json.exception.parse_error.101] parse error at line ..."
    reason.remove_prefix(reason.starts_with('[') ? reason.find(']') + 2 : 0);
    fail(source, ": ", detail::one_line(reason));
  }
}

}  // namespace ampsft
