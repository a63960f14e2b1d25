// SPDX-License-Identifier: MIT
/// @file
/// How rows are grouped.
#pragma once

#include <ampsft/basis/grouping.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/core/glob.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/natural_order.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE std::string type_of_name(std::string_view name) {
  std::string type;
  detail::for_each_part(name, [&](std::string_view part, bool is_number) {
    type += (type.empty() ? "" : ".") + (is_number ? "*" : std::string(part));
  });
  constexpr std::string_view ending = ".weight";
  return type.size() > ending.size() && type.ends_with(ending) ? type.substr(0, type.size() - ending.size()) : type;
}

AMPSFT_HEADER_INLINE std::string layer_of_name(std::string_view name) {
  std::string layer;
  bool found = false;
  detail::for_each_part(name, [&](std::string_view part, bool is_number) {
    if (!found) {
      layer += (layer.empty() ? "" : ".") + std::string(part);
      found = is_number;
    }
  });
  return found ? layer : "";
}

}  // namespace ampsft
