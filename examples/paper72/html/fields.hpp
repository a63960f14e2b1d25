// SPDX-License-Identifier: MIT
/// @file
/// Reads a report whose parts may be absent: a missing field is null, a missing number is NaN.
#pragma once

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace paper72::html {

using Json = nlohmann::json;

/// The field, or null where `node` is not an object that has it.
[[nodiscard]] inline const Json& field(const Json& node, const std::string& key) {
  static const Json nothing;
  const auto found = node.is_object() ? node.find(key) : node.end();
  return found == node.end() ? nothing : *found;
}

/// The number, or NaN. (JSON has no NaN: a figure that diverged is null.)
[[nodiscard]] inline double number(const Json& node) {
  return node.is_number() ? node.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

[[nodiscard]] inline double number(const Json& node, const std::string& key) {
  return number(field(node, key));
}

/// The string, or an empty one.
[[nodiscard]] inline std::string text(const Json& node, const std::string& key) {
  const Json& value = field(node, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// The entry of `methods` with that key, or null.
[[nodiscard]] inline const Json& method(const Json& report, const std::string& key) {
  static const Json nothing;
  for (const Json& one : field(report, "methods")) {
    if (text(one, "key") == key) {
      return one;
    }
  }
  return nothing;
}

/// What the report calls a method.
[[nodiscard]] inline std::string name(const Json& method) {
  const std::string given = text(method, "name");
  return given.empty() ? text(method, "key") : given;
}

using Points = std::vector<std::pair<double, double>>;

/// `[[x, y], ...]`.
[[nodiscard]] inline Points pairs(const Json& list) {
  Points points;
  for (const Json& pair : list) {
    if (pair.is_array() && pair.size() == 2) {
      points.emplace_back(number(pair[0]), number(pair[1]));
    }
  }
  return points;
}

/// `[y1, y2, ...]` over `first`, `first + 1`, ...
[[nodiscard]] inline Points counted(const Json& list, double first) {
  Points points;
  for (const Json& value : list) {
    points.emplace_back(first + static_cast<double>(points.size()), number(value));
  }
  return points;
}

/// `{"1": a, "16": b, "2": c}` in the order of the numbers; keys that are no numbers are left out.
[[nodiscard]] inline std::map<int, Json> by_rank(const Json& object) {
  std::map<int, Json> sorted;
  if (object.is_object()) {
    for (const auto& [key, value] : object.items()) {
      int rank = 0;
      const auto result = std::from_chars(key.data(), key.data() + key.size(), rank);
      if (result.ec == std::errc{} && result.ptr == key.data() + key.size()) {
        sorted.emplace(rank, value);
      }
    }
  }
  return sorted;
}

}  // namespace paper72::html
