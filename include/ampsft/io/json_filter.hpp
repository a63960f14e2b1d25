// SPDX-License-Identifier: MIT
/// @file
/// What takes values out of JSON while it is read.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>

#include <functional>
#include <span>
#include <string>

namespace ampsft {

/// Is offered every value as soon as it is complete, inner ones first, with the names that lead to it ("" stands for an
/// array's element). What it answers with true is left out of the document.
using JsonFilter = std::function<bool(std::span<const std::string> path, nlohmann::json& value)>;

}  // namespace ampsft
