// SPDX-License-Identifier: MIT
/// @file
/// The one place that names nlohmann-json's whole header.
#pragma once

#include <nlohmann/json.hpp>
