// SPDX-License-Identifier: MIT
/// @file
/// A result as JSON, as text, and as a page.
#pragma once

#include <ampsft/core/compat/json.hpp>

#include <string>

#include "decompose/options.hpp"
#include "decompose/result.hpp"

namespace decompose {

/// Everything that was found; the text and the page are made from nothing else. Figures that are not known are null.
[[nodiscard]] nlohmann::json report_json(const Options& options, const Result& result);

/// The accounting, R2 by rank, and a line for each group.
[[nodiscard]] std::string report_text(const nlohmann::json& report);

/// One self-contained page with spectra, R2 and all matrices.
[[nodiscard]] std::string report_html(const nlohmann::json& report);

}  // namespace decompose
