// SPDX-License-Identifier: MIT
/// @file
/// The library's version; CMake reads it from here, so that it is written once.
#pragma once

#define AMPSFT_VERSION_MAJOR 0
#define AMPSFT_VERSION_MINOR 1
#define AMPSFT_VERSION_PATCH 0
#define AMPSFT_VERSION "0.1.0"
