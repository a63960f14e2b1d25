// SPDX-License-Identifier: MIT
/// @file
/// What follows from `visit_fields` of a config: checks of every value, and the first difference of two configs.
#pragma once

#include <ampsft/core/bounds.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/model/layer_config.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ampsft {

/// A struct that tells its fields.
template <class C>
concept FieldConfig = requires(C& c) {
  C::visit_fields(c, [](std::string_view, auto&, Bounds) {});
};

namespace detail {

[[nodiscard]] inline std::string range_text(const Bounds& bounds) {
  const bool below = bounds.most < std::numeric_limits<double>::max();
  if (bounds.least == 0 && !below) {
    return bounds.above_least ? "must be positive and finite" : "must be finite and not below 0";
  }
  if (bounds.below_most) {
    return concat("must lie in [", bounds.least, ", ", bounds.most, ")");
  }
  return concat("must lie in ", bounds.least, " to ", static_cast<long long>(bounds.most));
}

/// A value of a config as text.
template <class V>
[[nodiscard]] std::string field_text(const V& value) {
  if constexpr (std::is_enum_v<V>) {
    return std::string(names_of(value)[static_cast<std::size_t>(value)]);
  } else if constexpr (std::same_as<V, bool>) {
    return value ? "true" : "false";
  } else if constexpr (FieldConfig<V>) {
    return "{...}";
  } else if constexpr (requires { value.begin(); } && !std::convertible_to<V, std::string_view>) {
    return concat("a list of ", value.size());
  } else {
    return concat(value);
  }
}

}  // namespace detail

/// Throws `Error`, beginning with `source`, that names the first number which is not within its field's bounds.
template <FieldConfig C>
void check_fields(const C& config, std::string_view source, const std::string& path = "") {
  C::visit_fields(config, [&]<class V>(std::string_view field, const V& value, Bounds bounds) {
    const auto check = [&](double number, const std::string& name) {
      require(bounds.contains(number), source, ": ", name, " ", detail::range_text(bounds), ", not ", number);
    };
    const std::string name = concat(path, field);
    if constexpr (std::is_arithmetic_v<V> && !std::same_as<V, bool>) {
      check(static_cast<double>(value), name);
    } else if constexpr (std::same_as<V, std::optional<RopeConfig>>) {
      if (value) {
        check_fields(*value, source, name + ".");
      }
    } else if constexpr (requires { value.has_value(); }) {
      if (value) {
        check(static_cast<double>(*value), name);
      }
    } else if constexpr (std::same_as<V, LayerList>) {
      for (Index i = 0; i < value.size(); ++i) {
        check_fields(value[i], source, concat(name, "[", i, "]."));
      }
    } else if constexpr (!std::is_enum_v<V> && requires { static_cast<double>(value.front()); }) {
      for (const auto& number : value) {
        check(static_cast<double>(number), name);
      }
    }
  });
}

/// The first field whose values differ, with both, say "layers[3].window: 512 and 0"; empty for equal configs.
template <FieldConfig C>
[[nodiscard]] std::string first_difference(const C& left, const C& right, const std::string& path = "") {
  std::string found;
  std::vector<const void*> others;  // the fields of `right`, in the same order
  C::visit_fields(right, [&](std::string_view, const auto& value, Bounds) { others.push_back(&value); });
  std::size_t at = 0;
  C::visit_fields(left, [&]<class V>(std::string_view field, const V& a, Bounds) {
    const V& b = *static_cast<const V*>(others[at++]);
    if (!found.empty() || a == b) {
      return;
    }
    const std::string name = concat(path, field);
    if constexpr (std::same_as<V, LayerList>) {
      for (Index i = 0; a.size() == b.size() && found.empty() && i < a.size(); ++i) {
        found = first_difference(a[i], b[i], concat(name, "[", i, "]."));
      }
    } else if constexpr (std::same_as<V, std::optional<RopeConfig>>) {
      if (a && b) {
        found = first_difference(*a, *b, name + ".");
      }
    }
    if (found.empty()) {
      const auto text = [](const V& value) {
        if constexpr (requires { value.has_value(); }) {
          return value ? detail::field_text(*value) : std::string("none");
        } else {
          return detail::field_text(value);
        }
      };
      found = concat(name, ": ", text(a), " and ", text(b));
    }
  });
  return found;
}

}  // namespace ampsft
