// SPDX-License-Identifier: MIT
/// @file
/// UTF-8, classes of characters and form C.
#include <ampsft/text/detail/character_class.hpp>
#include <ampsft/text/detail/normalize_nfc.hpp>
#include <ampsft/text/detail/utf8.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using namespace ampsft::detail;

TEST_CASE("every code point is read as it was written") {
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    if (point >= 0xd800 && point < 0xe000) {
      continue;
    }
    std::string text;
    append_character(text, point);
    const Character first = first_character(text);
    const Character last = last_character("x" + text);
    if (first.point != point || first.size != text.size() || last.point != point || last.size != text.size()) {
      FAIL("code point " << point);
    }
  }
}

TEST_CASE("bytes that are no UTF-8 stand alone") {
  for (const std::string text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                 "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x82x", "\xff"}) {
    const Character first = first_character(text);
    CHECK(first.size == 1);
    CHECK(first.point == invalid_byte + static_cast<unsigned char>(text[0]));
    std::string back;
    append_character(back, first.point);
    CHECK(back == text.substr(0, 1));
  }
}

TEST_CASE("a tail is incomplete if bytes may follow that make it a character") {
  // Any three bytes: the tail as it is defined, by trying what could follow.
  const auto completes = [](const std::string& tail) {
    for (const std::string more :
         {"\x80", "\x80\x80", "\x80\x80\x80", "\x90", "\x90\x80", "\x90\x80\x80", "\xa0", "\xa0\x80", "\xa0\x80\x80"}) {
      const std::string text = tail + more;
      if (first_character(text).size == text.size()) {
        return true;
      }
    }
    return false;
  };
  for (const int a : {0x41, 0x80, 0xa0, 0xc1, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf3, 0xf4, 0xf5}) {
    for (const int b : {0x41, 0x80, 0x90, 0xa0, 0xbf, 0xc3, 0xe2, 0xf1}) {
      for (const int c : {0x41, 0x80, 0xbf, 0xc3, 0xe2, 0xf1}) {
        const std::string text{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        std::size_t expected = 0;
        for (std::size_t size = 1; size <= 3; ++size) {
          if (completes(text.substr(3 - size))) {
            expected = size;
          }
        }
        INFO(a << ' ' << b << ' ' << c);
        CHECK(incomplete_tail(text) == expected);
      }
    }
  }
}

TEST_CASE("classes of characters") {
  for (const std::uint32_t letter : {0x41U, 0xe9U, 0x3b1U, 0x4e00U, 0x9fffU, 0xac00U, 0x1d49cU, 0x323afU}) {
    CHECK((is_letter(letter) && !is_number(letter) && !is_white_space(letter) && is_of_word(letter)));
  }
  for (const std::uint32_t number : {0x30U, 0xbdU, 0x663U, 0x2167U, 0x3007U, 0x1d7d8U}) {
    CHECK((is_number(number) && !is_letter(number) && !is_white_space(number)));
  }
  for (const std::uint32_t other : {0x21U, 0x5fU, 0x300U, 0x200bU, 0x1f600U, 0xfeffU, invalid_byte + 0xffU}) {
    CHECK((!is_letter(other) && !is_number(other) && !is_white_space(other)));
  }
  CHECK((is_of_word('_') && is_of_word(0x300) && is_of_word(0x24b6) && !is_of_word('-') && !is_of_word(0xbd)));
  CHECK((is_white_space(0x85) && is_white_space(0x2028) && !is_white_space(0x180e)));
}

TEST_CASE("form C is the reference's") {
  const auto cases = testing::cases_of("nfc");
  for (std::size_t i = 0; i < cases["texts"].size(); ++i) {
    const auto text = cases["texts"][i].get<std::string>();
    const auto expected = cases["normal"][i].get<std::string>();
    CHECK(normalize_nfc(text) == expected);
    CHECK(normalize_nfc(expected) == expected);
  }
  CHECK(normalize_nfc("\xff"
                      "A\xcc\x8a\xcc") == "\xff\xc3\x85\xcc");  // stray bytes stay
}
