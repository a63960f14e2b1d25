// SPDX-License-Identifier: MIT
/// @file
/// The report as a page for people.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace paper72 {

/// The whole of `report.json` as one HTML page that needs nothing from elsewhere: style and charts are inside.
///
/// Parts that the report lacks, or that are null, leave out their section or show a dash; every text of the report is
/// escaped. Light, dark, narrow and printed pages are one and the same file of some 100 kB.
[[nodiscard]] std::string report_html(const nlohmann::json& report);

}  // namespace paper72
