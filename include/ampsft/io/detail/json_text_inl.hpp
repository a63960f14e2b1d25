// SPDX-License-Identifier: MIT
/// @file
/// How JSON is read and written.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_builder.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/json_text.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

AMPSFT_HEADER_INLINE std::int64_t integer_at(const nlohmann::json& object, const char* name) {
  return object.at(name).get_ref<const nlohmann::json::number_integer_t&>();
}

AMPSFT_HEADER_INLINE nlohmann::json parse_json(std::string_view text, const std::string& source, int max_depth,
                                               const JsonFilter& filter) {
  detail::JsonBuilder builder(text.size(), source, max_depth, filter);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    std::string_view reason = builder.reason();  // "[json.exception.parse_error.101] parse error at line ..."
    reason.remove_prefix(reason.starts_with('[') ? reason.find(']') + 2 : 0);
    fail(source, ": ", detail::one_line(reason));
  }
  return std::move(builder.root());
}

AMPSFT_HEADER_INLINE std::string json_text(const nlohmann::json& json, int indent) {
  try {
    return json.dump(indent);
  } catch (const nlohmann::json::exception& error) {
    fail("JSON cannot hold a string that is not UTF-8 (", error.what(), ")");
  }
}

}  // namespace ampsft
