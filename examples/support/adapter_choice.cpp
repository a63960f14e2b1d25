// SPDX-License-Identifier: MIT
#include "support/adapter_choice.hpp"

#include <ampsft/core/error.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace example {

namespace {

/// What a file or folder is called without its ending.
std::string name_of(const std::filesystem::path& path) {
  return (path.has_filename() ? path : path.parent_path()).stem().string();
}

}  // namespace

std::vector<AdapterChoice> adapter_choices(const std::vector<std::string>& texts) {
  std::vector<AdapterChoice> choices;
  for (const std::string& text : texts) {
    std::error_code ignored;
    const std::size_t sign = text.find('=');
    const bool named = sign != std::string::npos && !std::filesystem::exists(text, ignored);
    AdapterChoice choice{named ? text.substr(0, sign) : name_of(text), named ? text.substr(sign + 1) : text};
    ampsft::require(!choice.name.empty() && choice.name != "none", "--adapter ", text,
                    " needs a name other than none: --adapter NAME=FILE");
    ampsft::require(
        std::none_of(choices.begin(), choices.end(), [&](const auto& other) { return other.name == choice.name; }),
        "two adapters are called ", choice.name, "; give them names: --adapter NAME=FILE");
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace example
