// SPDX-License-Identifier: MIT
/// @file
/// Error messages and the check that throws them.
#include <ampsft/core/error.hpp>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("concat joins whatever can be streamed", "[core]") {
  CHECK(concat("rank ", 9, " is above ", 8.5, '!') == "rank 9 is above 8.5!");
}

TEST_CASE("fail and require throw the joined message", "[core]") {
  CHECK_THROWS_WITH(fail("width ", 3), "width 3");
  CHECK_THROWS_AS(fail("width ", 3), Error);
  CHECK_THROWS_WITH(require(false, "width ", 3, " of ", 4), "width 3 of 4");
  CHECK_NOTHROW(require(true, "width ", 3));
}

TEST_CASE("an Error is a std::runtime_error", "[core]") {
  CHECK_THROWS_AS(fail("x"), std::runtime_error);
}
