// SPDX-License-Identifier: MIT
/// @file
/// How members of a JSON object are read.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/glob.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/json_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE JsonFields::JsonFields(const nlohmann::json& object, std::string source)
    : object_(&object), source_(std::move(source)), read_(std::make_shared<std::set<std::string>>()) {
  require(object.is_object(), source_, ": a JSON object is expected");
}

AMPSFT_HEADER_INLINE const nlohmann::json* JsonFields::find(const char* key) const {
  read_->insert(key);
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

AMPSFT_HEADER_INLINE bool JsonFields::is_null(const char* key) const {
  read_->insert(key);
  const auto found = object_->find(key);
  return found != object_->end() && found->is_null();
}

template <class T>
T JsonFields::fallback(const char* key, std::optional<T> otherwise) const {
  require(otherwise.has_value(), source_, ": ", quoted(key), " is missing");
  return *std::move(otherwise);
}

AMPSFT_HEADER_INLINE double JsonFields::finite(const nlohmann::json& value, const char* key) const {
  require(value.is_number() && std::isfinite(value.get<double>()), source_, ": ", quoted(key),
          " must be a finite number");
  return value.get<double>();
}

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
  return finite(*value, key);
}

AMPSFT_HEADER_INLINE std::vector<double> JsonFields::numbers(const char* key) const {
  std::vector<double> all;
  if (const nlohmann::json* const value = find(key)) {
    require(value->is_array(), source_, ": ", quoted(key), " must be an array of numbers");
    for (const auto& number : *value) {
      all.push_back(finite(number, key));
    }
  }
  return all;
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

AMPSFT_HEADER_INLINE std::vector<JsonFields> JsonFields::objects(const char* key, Index most) const {
  const nlohmann::json* const value = find(key);
  require(value != nullptr && value->is_array() && static_cast<Index>(value->size()) <= most, source_, ": ",
          quoted(key), " must be an array of at most ", most, " objects");
  std::vector<JsonFields> all;
  for (const auto& one : *value) {
    all.emplace_back(one, concat(source_, ": ", key, "[", all.size(), "]"));
  }
  return all;
}

AMPSFT_HEADER_INLINE void JsonFields::refuse_unread(std::span<const std::string_view> harmless) const {
  for (const auto& [key, value] : object_->items()) {
    const bool passed = value.is_null() || read_->contains(key) ||
                        std::any_of(harmless.begin(), harmless.end(),
                                    [&, &name = key](std::string_view pattern) { return matches_glob(pattern, name); });
    require(passed, source_, ": the member ", quoted(key), " is not understood; a model that needs it would be ",
            "computed wrongly");
  }
}

}  // namespace ampsft::detail
