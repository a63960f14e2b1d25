// SPDX-License-Identifier: MIT
/// @file
/// How members of a JSON object are read.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/json_text.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE Index JsonFields::integer(const char* key, std::optional<Index> otherwise) const {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) {
    return fallback(key, otherwise);
  }
  require(
      value->is_number_integer() && (!value->is_number_unsigned() || std::in_range<Index>(value->get<std::uint64_t>())),
      source_, ": ", quoted(key), " must be a whole number below 2^63");
  return value->get<Index>();
}

AMPSFT_HEADER_INLINE double JsonFields::number(const char* key, std::optional<double> otherwise) const {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) {
    return fallback(key, otherwise);
  }
  require(value->is_number() && std::isfinite(value->get<double>()), source_, ": ", quoted(key),
          " must be a finite number");
  return value->get<double>();
}

AMPSFT_HEADER_INLINE bool JsonFields::flag(const char* key, std::optional<bool> otherwise) const {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) {
    return fallback(key, otherwise);
  }
  require(value->is_boolean(), source_, ": ", quoted(key), " must be true or false");
  return value->get<bool>();
}

AMPSFT_HEADER_INLINE std::string JsonFields::text(const char* key, std::optional<std::string> otherwise) const {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) {
    return fallback(key, std::move(otherwise));
  }
  require(value->is_string(), source_, ": ", quoted(key), " must be a string");
  return value->get<std::string>();
}

AMPSFT_HEADER_INLINE std::vector<std::int32_t> JsonFields::ids(const char* key) const {
  std::vector<std::int32_t> all;
  const nlohmann::json* const value = find(key);
  const auto append = [&](const nlohmann::json& id) {
    require(id.is_number_integer() && id.get<std::int64_t>() >= 0 &&
                id.get<std::int64_t>() <= std::numeric_limits<std::int32_t>::max(),
            source_, ": ", quoted(key), " must be a token id or an array of them");
    all.push_back(id.get<std::int32_t>());
  };
  if (value != nullptr && value->is_array()) {
    for (const auto& id : *value) {
      append(id);
    }
  } else if (value != nullptr) {
    append(*value);
  }
  return all;
}

AMPSFT_HEADER_INLINE JsonFields JsonFields::object(const char* key) const {
  const nlohmann::json* const value = find(key);
  require(value != nullptr, source_, ": ", quoted(key), " is missing");
  return {*value, concat(source_, ": ", quoted(key))};
}

}  // namespace ampsft::detail
