// SPDX-License-Identifier: MIT
/// @file
/// Error messages and the check that throws them.
#include <ampsft/core/error.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

struct Celsius {
  double degrees;
};

std::ostream& operator<<(std::ostream& out, const Celsius& value) {
  return out << value.degrees << " C";
}

enum Level { low = 3 };

/// What concat promises to equal.
template <class... Parts>
std::string streamed(const Parts&... parts) {
  std::ostringstream text;
  static_cast<void>((text << ... << parts));
  return text.str();
}

template <class... Parts>
bool as_streamed(const Parts&... parts) {
  const std::string expected = streamed(parts...);
  INFO(expected);
  CHECK(concat(parts...) == expected);
  return concat(parts...) == expected;
}

}  // namespace

TEST_CASE("concat joins whatever can be streamed", "[core]") {
  CHECK(concat("rank ", 9, " is above ", 8.5, '!') == "rank 9 is above 8.5!");
}

TEST_CASE("concat writes every type as a stream does", "[core]") {
  as_streamed(std::numeric_limits<short>::min(), ' ', std::numeric_limits<int>::min(), ' ',
              std::numeric_limits<long>::min(), ' ', std::numeric_limits<long long>::max());
  as_streamed(std::numeric_limits<unsigned short>::max(), ' ', std::numeric_limits<unsigned>::max(), ' ',
              std::numeric_limits<unsigned long>::max(), ' ', std::numeric_limits<unsigned long long>::max());
  as_streamed(true, false, 'c', static_cast<signed char>('s'), static_cast<unsigned char>('u'));
  as_streamed(std::string("a\0b", 3), std::string_view("view of it").substr(0, 4), "", "literal");
  as_streamed(Celsius{21.5}, low, 1.25L);
  const char array[8] = "array";
  const char* const pointer = array;
  as_streamed(array, pointer, static_cast<const void*>(pointer));
  CHECK(concat().empty());
}

TEST_CASE("concat writes paths in quotes", "[core]") {
  CHECK(concat(std::filesystem::path("folder/a b")) == "\"folder/a b\"");
  as_streamed(std::filesystem::path("a \"quoted\" \\ name"), std::filesystem::path());
}

TEST_CASE("concat writes floats as a stream does", "[core]") {
  for (const double value :
       {0.0, -0.0, 0.1, 1.0 / 3.0, 1e-4, 1e-5, 123456.0, 999999.5, 1234567.0, 1e16, 1e300, 5e-324}) {
    as_streamed(value, ' ', -value, ' ', static_cast<float>(value));
  }
  as_streamed(std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), std::nan(""));
  std::mt19937_64 bits(7);
  bool all = true;
  for (int i = 0; i < 2000 && all; ++i) {
    const double mantissa = static_cast<double>(static_cast<std::int64_t>(bits()));
    all = as_streamed(std::ldexp(mantissa, static_cast<int>(bits() % 400) - 260));
  }
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
