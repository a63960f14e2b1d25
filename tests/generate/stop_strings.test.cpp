// SPDX-License-Identifier: MIT
#include <ampsft/core/random.hpp>
#include <ampsft/generate/stop_strings.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("what may begin a stop string is held back until it is known") {
  StopStrings stops({"END", "\nUser:"});
  CHECK(stops.push("one E") == "one ");
  CHECK(stops.push("N") == "");
  CHECK(stops.push("E") == "EN");  // the new E may begin one
  CHECK(stops.push("NDLESS") == "");
  CHECK(stops.stopped());
  CHECK(stops.push("more") == "");
  CHECK(stops.finish() == "");

  StopStrings other({"END", "\nUser:"});
  CHECK(other.push("a\nUse") == "a");
  CHECK(other.finish() == "\nUse");
  CHECK_FALSE(other.stopped());
  CHECK_THROWS_AS(StopStrings({"a", ""}), Error);
  StopStrings none;
  CHECK(none.push("anything") == "anything");
}

TEST_CASE("the text before the first stop string is the same however it is cut") {
  Random random(1);
  const std::vector<std::string> stops{"aab", "bba", "abab"};
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text;
    for (std::uint64_t i = random() % 16; i > 0; --i) {
      text += random() % 2 == 0 ? 'a' : 'b';
    }
    // the text up to where the first stop string is complete, without it
    std::string expected = text;
    for (std::size_t length = 1; length <= text.size(); ++length) {
      std::size_t begin = std::string::npos;
      for (const auto& stop : stops) {
        begin = std::min(begin, text.substr(0, length).find(stop));
      }
      if (begin != std::string::npos) {
        expected = text.substr(0, begin);
        break;
      }
    }
    StopStrings until(stops);
    std::string passed;
    for (const char letter : text) {
      passed += until.push(std::string(1, letter));
      CHECK(expected.starts_with(passed));
    }
    CHECK(until.stopped() == (expected != text));
    passed += until.finish();
    CHECK(passed == expected);
  }
}
