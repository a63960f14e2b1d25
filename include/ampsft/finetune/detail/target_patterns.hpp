// SPDX-License-Identifier: MIT
/// @file
/// What targets are called.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Patterns of weight names for targets: "linear", "embeddings" and "head" have their own, others are patterns.
[[nodiscard]] inline std::vector<std::string> target_patterns(const std::vector<std::string>& targets) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> names{
      {{"linear", "blocks.*"}, {"embeddings", "token_embedding.weight"}, {"head", "lm_head.weight"}}};
  std::vector<std::string> patterns;
  for (const std::string& target : targets) {
    std::string pattern = target;
    for (const auto& [name, meaning] : names) {
      if (target == name) {
        pattern = meaning;
      }
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

}  // namespace ampsft::detail
