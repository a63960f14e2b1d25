// SPDX-License-Identifier: MIT
/// @file
/// JSON from files that nobody vouches for.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/names.hpp>

#include <concepts>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// Parses UTF-8 JSON text.
///
/// Throws `Error`, beginning with `source` (say, the file's name), for text that is not JSON or not UTF-8, for an
/// object that has a name twice, and for arrays and objects nested deeper than `max_depth`, so that memory stays a
/// small multiple of the text.
template <std::same_as<nlohmann::json> json = nlohmann::json>
[[nodiscard]] json parse_json(std::string_view text, const std::string& source, int max_depth) {
  std::vector<std::set<std::string>> names;  // of every object that is open
  const typename json::parser_callback_t check = [&](int depth, typename json::parse_event_t event, json& value) {
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
        const auto& name = value.template get_ref<const std::string&>();
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
  } catch (const typename json::exception& error) {
    std::string_view reason = error.what();  // "[json.exception.parse_error.101] parse error at line ..."
    reason.remove_prefix(reason.starts_with('[') ? reason.find(']') + 2 : 0);
    fail(source, ": ", detail::one_line(reason));
  }
}

AMPSFT_INSTANCE(nlohmann::json parse_json(std::string_view, const std::string&, int));

}  // namespace ampsft
