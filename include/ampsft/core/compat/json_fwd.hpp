// SPDX-License-Identifier: MIT
/// @file
/// nlohmann-json's names alone, for what takes a value by reference or gives one back.
#pragma once

#include <nlohmann/json_fwd.hpp>
