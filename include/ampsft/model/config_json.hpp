// SPDX-License-Identifier: MIT
/// @file
/// A model's config as JSON, as it stands in the library's own model files.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/detail/config_json_before_layers.hpp>

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

namespace ampsft {

/// The fields of a config that differ from a new config's.
[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json config_json(const ModelConfig& config);

/// The config that `config_json` made, or an earlier version of the library. Throws `Error`, beginning with `source`,
/// for a member that is unknown or of another type; `ModelConfig::validate` checks the values.
[[nodiscard]] AMPSFT_HEADER_INLINE ModelConfig read_config_json(const nlohmann::json& json, const std::string& source);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/config_json_inl.hpp>
#endif
