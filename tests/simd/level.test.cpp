// SPDX-License-Identifier: MIT
/// @file
/// Levels: their names, what the processor has, and what it lacks.
#include <ampsft/simd/level.hpp>

#include <algorithm>
#include <string>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

constexpr simd::Level all[] = {simd::Level::scalar, simd::Level::neon, simd::Level::avx2, simd::Level::avx512};

}  // namespace

TEST_CASE("levels have the names that the environment variable takes") {
  static_assert(simd::name(simd::Level::scalar) == "scalar");
  static_assert(simd::name(simd::Level::neon) == "neon");
  static_assert(simd::name(simd::Level::avx2) == "avx2");
  static_assert(simd::name(simd::Level::avx512) == "avx512");
  SUCCEED();
}

TEST_CASE(
    "the levels of this processor start with the lowest that was compiled, are distinct and hold the one in use") {
  const auto found = simd::levels();
  REQUIRE_FALSE(found.empty());
  CHECK(found.front() == simd::least_level);
  CHECK(std::is_sorted(found.begin(), found.end()));
  CHECK(std::adjacent_find(found.begin(), found.end()) == found.end());
  CHECK(std::find(found.begin(), found.end(), simd::level()) != found.end());
}

TEST_CASE("a level that the processor has can be set, another throws and changes nothing") {
  const auto found = simd::levels();
  const simd::Level before = simd::level();
  for (const simd::Level wanted : all) {
    if (std::find(found.begin(), found.end(), wanted) != found.end()) {
      const UseLevel use(wanted);
      CHECK(simd::level() == wanted);
    } else {
      CHECK_THROWS_AS(simd::set_level(wanted), Error);
      CHECK_THROWS_WITH(simd::set_level(wanted), ContainsSubstring(std::string(simd::name(wanted))) &&
                                                     ContainsSubstring(std::string(simd::name(found.back()))));
    }
    CHECK(simd::level() == before);
  }
}
