// SPDX-License-Identifier: MIT
/// @file
/// Damages the bytes of a file in ways that parsers dislike.
#pragma once

#include <ampsft/core/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ampsft::testing {

inline std::size_t below(Random& random, std::size_t bound) {
  return static_cast<std::size_t>(random.below(static_cast<Index>(bound)));
}

/// One to three changes: the file is cut, a byte or bit changes, a piece of text or a telling number is put over or
/// between bytes, a part is repeated. Half of the changes hit the first `head` bytes.
inline std::string mutate(std::string bytes, Random& random, std::size_t head = 64) {
  constexpr std::array<std::string_view, 26> pieces{"-1",       "0",
                                                    "9",        "18446744073709551615",
                                                    "1e3",      "1e999",
                                                    "[",        "]",
                                                    "{",        "}",
                                                    "\"",       "null",
                                                    "true",     ",",
                                                    ":",        "\\",
                                                    "\\u",      "\\ud800",
                                                    "\xff",     "\xe2\x82",
                                                    "\xf0\x9f", "\"\"",
                                                    "\"a b\"",  " ",
                                                    "\n",       std::string_view("\0x", 2)};
  constexpr std::array<std::uint64_t, 10> numbers{0,          1,         0x7fffffff, 0xffffffff, 0x100000000,
                                                  UINT64_MAX, INT64_MAX, 1ULL << 61, 1ULL << 40, 255};
  for (Index changes = 1 + random.below(3); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(random, random.below(2) == 0 ? bytes.size() : std::min(head, bytes.size()));
    switch (random.below(8)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes[at] = static_cast<char>(random());
        break;
      case 2:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 3: {
        const std::string_view piece = pieces[below(random, pieces.size())];
        bytes.replace(at, std::min(piece.size(), bytes.size() - at), piece);
        break;
      }
      case 4:
        bytes.insert(at, pieces[below(random, pieces.size())]);
        break;
      case 5: {
        const std::uint64_t number = numbers[below(random, numbers.size())];
        const std::size_t size = std::min<std::size_t>(random.below(2) == 0 ? 4 : 8, bytes.size() - at);
        std::memcpy(bytes.data() + at, &number, size);
        break;
      }
      case 6:
        bytes.insert(at, bytes.substr(below(random, bytes.size()), below(random, 64)));
        break;
      default:
        if (const auto digit = bytes.find_first_of("0123456789", at); digit != std::string::npos) {
          bytes[digit] = static_cast<char>('0' + random.below(10));
        }
        break;
    }
  }
  return bytes;
}

}  // namespace ampsft::testing
