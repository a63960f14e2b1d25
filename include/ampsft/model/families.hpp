// SPDX-License-Identifier: MIT
/// @file
/// All families of models. To add one, see docs/howto/add-a-model-family.md.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/families/family.hpp>

#include <span>
#include <string>
#include <string_view>

namespace ampsft {

/// Where several have one GGUF architecture, the first reads its files.
[[nodiscard]] AMPSFT_HEADER_INLINE std::span<const Family* const> all_families() noexcept;

namespace detail {

/// The names of all families, by the member `name`.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string family_names(std::string_view Family::*name);

[[nodiscard]] AMPSFT_HEADER_INLINE const Family* find_family(std::string_view Family::*name,
                                                             std::string_view value) noexcept;

}  // namespace detail

/// The family of a model's config. Throws `Error` for a config that names none of the list.
[[nodiscard]] AMPSFT_HEADER_INLINE const Family& family_of(const ModelConfig& config);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/families_inl.hpp>
#endif
