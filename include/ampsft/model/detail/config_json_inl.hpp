// SPDX-License-Identifier: MIT
/// @file
/// How a config becomes JSON, and back.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/config_json.hpp>
#include <ampsft/model/detail/config_json_before_layers.hpp>
#include <ampsft/model/fields.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ampsft::detail {

template <FieldConfig C>
[[nodiscard]] nlohmann::json fields_json(const C& config);

/// Reads every field that the object has; others keep their values. Throws for members that are no field.
template <FieldConfig C>
void read_fields(const JsonFields& json, C& config);

template <class V>
[[nodiscard]] nlohmann::json field_json(const V& value) {
  if constexpr (std::is_enum_v<V>) {
    return std::string(names_of(value)[static_cast<std::size_t>(value)]);
  } else if constexpr (FieldConfig<V>) {
    return fields_json(value);
  } else if constexpr (std::same_as<V, LayerList>) {
    nlohmann::json list = nlohmann::json::array();
    for (const LayerConfig& layer : value) {
      list.push_back(fields_json(layer));
    }
    return list;
  } else if constexpr (requires { value.has_value(); }) {
    return value ? field_json(*value) : nlohmann::json(nullptr);
  } else {
    return value;
  }
}

/// Every field whose value is not the one that a new config has.
template <FieldConfig C>
nlohmann::json fields_json(const C& config) {
  const C plain{};
  std::vector<const void*> defaults;
  C::visit_fields(plain, [&](std::string_view, const auto& value, Bounds) { defaults.push_back(&value); });
  nlohmann::json json = nlohmann::json::object();
  std::size_t at = 0;
  C::visit_fields(config, [&]<class V>(std::string_view name, const V& value, Bounds) {
    const void* const usual = defaults[at++];
    if (!(value == *static_cast<const V*>(usual))) {
      json[std::string(name)] = field_json(value);
    }
  });
  return json;
}

template <class V>
void read_field(const JsonFields& json, const char* name, V& value) {
  if constexpr (std::is_enum_v<V>) {
    const auto names = names_of(value);
    const std::string text = json.text(name);
    const auto found = std::find(names.begin(), names.end(), text);
    require(found != names.end(), json.source(), ": unknown ", name, " ", quoted(text));
    value = static_cast<V>(found - names.begin());
  } else if constexpr (std::same_as<V, bool>) {
    value = json.flag(name);
  } else if constexpr (std::same_as<V, Index>) {
    value = json.integer(name);
  } else if constexpr (std::same_as<V, double>) {
    value = json.number(name);
  } else if constexpr (std::same_as<V, std::string>) {
    value = json.text(name);
  } else if constexpr (FieldConfig<V>) {
    read_fields(json.object(name), value);
  } else if constexpr (std::same_as<V, std::optional<std::int32_t>>) {
    const Index id = json.integer(name);
    require(std::in_range<std::int32_t>(id), json.source(), ": ", quoted(name), " is no token id: ", id);
    value = static_cast<std::int32_t>(id);
  } else if constexpr (requires { value.has_value(); }) {
    read_field(json, name, value.emplace());
  } else if constexpr (std::same_as<V, std::vector<std::int32_t>>) {
    value = json.ids(name);
  } else if constexpr (std::same_as<V, std::vector<double>>) {
    value = json.numbers(name);
  } else {
    static_assert(std::same_as<V, LayerList>);
    std::vector<LayerConfig> layers;
    for (const JsonFields& layer : json.objects(name, LayerList::most)) {
      read_fields(layer, layers.emplace_back());
    }
    value = LayerList(std::move(layers));
  }
}

template <FieldConfig C>
void read_fields(const JsonFields& json, C& config) {
  C::visit_fields(config, [&](std::string_view name, auto& value, Bounds) {
    const std::string key(name);
    if (json.contains(key.c_str())) {
      read_field(json, key.c_str(), value);
    }
  });
  json.refuse_unread();
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE nlohmann::json config_json(const ModelConfig& config) {
  return detail::fields_json(config);
}

AMPSFT_HEADER_INLINE ModelConfig read_config_json(const nlohmann::json& json, const std::string& source) {
  const detail::JsonFields fields(json, source);
  if (detail::is_config_before_layers(fields)) {
    return detail::read_config_before_layers(fields);
  }
  ModelConfig config;
  detail::read_fields(fields, config);
  return config;
}

}  // namespace ampsft
