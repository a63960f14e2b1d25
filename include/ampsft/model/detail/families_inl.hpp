// SPDX-License-Identifier: MIT
/// @file
/// The list of all families of models, and what is found in it.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/families/gemma3.hpp>
#include <ampsft/model/families/gpt2.hpp>
#include <ampsft/model/families/granite.hpp>
#include <ampsft/model/families/llama.hpp>
#include <ampsft/model/families/mistral.hpp>
#include <ampsft/model/families/olmo2.hpp>
#include <ampsft/model/families/phi3.hpp>
#include <ampsft/model/families/qwen2.hpp>
#include <ampsft/model/families/qwen3.hpp>
#include <ampsft/model/families/smollm3.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace ampsft {

/// The list; a new family gets its name here.
AMPSFT_HEADER_INLINE std::span<const Family* const> all_families() noexcept {
  static constexpr std::array list{&families::gpt2,    &families::llama,  &families::mistral, &families::qwen2,
                                   &families::qwen3,   &families::gemma3, &families::phi3,    &families::smollm3,
                                   &families::granite, &families::olmo2};
  return list;
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::string family_names(std::string_view Family::*name) {
  std::string all;
  for (const Family* family : all_families()) {
    const std::string_view one = family->*name;
    const bool is_new = all.find(one) == std::string::npos;
    all.append(is_new && !all.empty() ? ", " : "").append(is_new ? one : "");
  }
  return all;
}

AMPSFT_HEADER_INLINE const Family* find_family(std::string_view Family::*name, std::string_view value) noexcept {
  for (const Family* family : all_families()) {
    if (family->*name == value) {
      return family;
    }
  }
  return nullptr;
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE const Family& family_of(const ModelConfig& config) {
  const Family* const family = detail::find_family(&Family::name, config.family);
  require(family != nullptr, "the model belongs to no family whose files are known (its family is ",
          detail::quoted(config.family), "; there are ", detail::family_names(&Family::name), ")");
  return *family;
}

}  // namespace ampsft
