// SPDX-License-Identifier: MIT
/// @file
/// The paper's tables, in the paper's layout.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace paper72 {

/// All tables as text, from the report that is also written as JSON and HTML.
std::string format_tables(const nlohmann::json& report);

}  // namespace paper72
