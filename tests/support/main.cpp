// SPDX-License-Identifier: MIT
/// @file
/// The test runners' `main`: Catch2 v2 generates it here, v3 links its own.
#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
