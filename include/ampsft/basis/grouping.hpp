// SPDX-License-Identifier: MIT
/// @file
/// Which matrices share a basis: those of a width, of a type, of a layer, or of a name pattern.
#pragma once

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

/// What decides which matrices share a basis.
enum class GroupBy {
  width,    ///< the row width alone: the paper's stacks
  type,     ///< the name without its numbers: `model.layers.*.mlp.up_proj`
  layer,    ///< the name up to its first number: `model.layers.3`; names without one are "others"
  pattern,  ///< the first of a list of glob patterns that the name matches; the rest are "others"
};

/// Groups of different widths are split by width, whatever decides.
struct Grouping {
  GroupBy by = GroupBy::width;
  std::vector<std::string> patterns = {};  ///< for `GroupBy::pattern` only
};

namespace detail {

/// Calls `part(text, is_number)` for each part of a name between dots.
template <class Part>
void for_each_part(std::string_view name, Part&& part) {
  for (bool more = true; more;) {
    const std::size_t dot = name.find('.');
    const std::string_view text = name.substr(0, dot);
    part(text, !text.empty() && std::all_of(text.begin(), text.end(), is_digit));
    more = dot != std::string_view::npos;
    name.remove_prefix(more ? dot + 1 : name.size());
  }
}

}  // namespace detail

/// A matrix' name with `*` for each number between dots, and without ".weight" at its end.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string type_of_name(std::string_view name);

/// A matrix' name up to its first number between dots; empty where there is none.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string layer_of_name(std::string_view name);

/// The stacks of the matrices, by width and natural order of their names, each matrix in the given order within.
///
/// A stack of `GroupBy::width` is named by its width ("2048"), any other by its group and width
/// ("model.layers.*.mlp.up_proj@2048"), so that its name depends on nothing but the matrices in it. Throws on an empty
/// matrix, on patterns without `GroupBy::pattern`, on `GroupBy::pattern` without any, on a pattern that no matrix has
/// come to, and on the pattern "others", which is the name of the rest.
template <Scalar T>
[[nodiscard]] std::vector<RowStack<T>> group_rows(const std::vector<RowBlock<T>>& matrices, const Grouping& grouping) {
  const auto& patterns = grouping.patterns;
  require(patterns.empty() == (grouping.by != GroupBy::pattern),
          "patterns of names belong to a grouping by pattern, and it needs at least one");
  require(std::find(patterns.begin(), patterns.end(), "others") == patterns.end(),
          "a group cannot be named 'others', as those matrices are that match no pattern; write it as 'other?'");
  std::vector<bool> used(patterns.size(), false);
  const auto key = [&](const std::string& name) -> std::string {
    switch (grouping.by) {
      case GroupBy::type:
        return type_of_name(name);
      case GroupBy::layer: {
        const std::string layer = layer_of_name(name);
        return layer.empty() ? "others" : layer;
      }
      case GroupBy::pattern:
        for (std::size_t i = 0; i < patterns.size(); ++i) {
          if (matches_glob(patterns[i], name)) {
            used[i] = true;
            return patterns[i];
          }
        }
        return "others";
      case GroupBy::width:
        break;
    }
    return "";
  };
  const auto before = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : natural_less(a.second, b.second);
  };
  std::map<std::pair<Index, std::string>, RowStack<T>, decltype(before)> groups(before);
  for (const auto& matrix : matrices) {
    const std::string group = key(matrix.name());
    const std::string name = group.empty() ? "" : concat(group, '@', matrix.cols());
    groups.try_emplace({matrix.cols(), name}, name).first->second.add(matrix);
  }
  const auto unused = std::find(used.begin(), used.end(), false);
  require(unused == used.end(), "no matrix is left for the group '",
          unused == used.end() ? "" : patterns[static_cast<std::size_t>(unused - used.begin())],
          "'; the first pattern that a name matches takes it");
  std::vector<RowStack<T>> stacks;
  for (auto& [place, stack] : groups) {
    stacks.push_back(std::move(stack));
  }
  return stacks;
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/grouping_inl.hpp>
#endif
