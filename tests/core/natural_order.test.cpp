// SPDX-License-Identifier: MIT
/// @file
/// The order of names with numbers in them.
#include <ampsft/core/natural_order.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("numbers in names count by their value") {
  const std::vector<std::string> sorted{"",         "a",        "a.2.x", "a.02.y",  "a.10",  "a.10.b",
                                        "a.10.b.1", "a.10.b.9", "a.11",  "a.100.a", "a.b10", "b"};
  auto names = sorted;
  std::reverse(names.begin(), names.end());
  std::sort(names.begin(), names.end(), natural_less);
  CHECK(names == sorted);
}

TEST_CASE("the order of names is strict, also where they differ in zeros only or hold huge numbers") {
  const std::vector<std::string> names{
      "x1",  "x01", "x001", "x0", "x00", "x99999999999999999999999", "x100000000000000000000000",
      "x1y", "x1",  "9",    "10a"};
  for (const auto& a : names) {
    CHECK_FALSE(natural_less(a, a));
    for (const auto& b : names) {
      CHECK((a == b || natural_less(a, b) != natural_less(b, a)));
    }
  }
  CHECK(natural_less("x99999999999999999999999", "x100000000000000000000000"));
}
