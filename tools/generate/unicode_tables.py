#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes include/ampsft/text/detail/unicode_{ranges,cases,singles,pairs}.hpp from the Unicode character database.

The version is that of the regular expressions of Hugging Face's tokenizers 0.23, with which the library must agree:
    pip install unicodedata2==16.0.0 && python3 tools/generate/unicode_tables.py
"""
import pathlib
import textwrap

import unicodedata2 as unicode

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "include" / "ampsft" / "text" / "detail"
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
# Of the Other_Alphabetic characters those that no category tells: circled and squared letters.
CIRCLED = [*range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A), *range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A)]


def ranges_of(values):
    """(first, last, value) of runs of code points with the same value."""
    runs = []
    for point, value in values:
        if runs and runs[-1][1] == point - 1 and runs[-1][2] == value:
            runs[-1][1] = point
        else:
            runs.append([point, point, value])
    return runs


def array(name, kind, rows, comment):
    items = ["{" + ", ".join(f"0x{n:x}" for n in row) + "}" for row in rows]
    lines, line = [], ""
    for item in items:
        if len(line) + len(item) > 114:
            lines.append(line)
            line = ""
        line += (" " if line else "") + item + ","
    lines.append(line)
    body = "\n    ".join(lines).rstrip(",")
    return f"/// {comment}\ninline constexpr std::array<{kind}, {len(items)}> {name}{{{{\n    {body}}}}};\n"


def header(name, brief, kinds, arrays, includes="#include <array>\n#include <cstdint>"):
    brief = "\n/// ".join(textwrap.wrap(f"{brief} Made by tools/generate/unicode_tables.py.", 116))
    text = f"""// SPDX-License-Identifier: MIT
/// @file
/// {brief}
#pragma once

{includes}

namespace ampsft::detail {{

// clang-format off
{kinds + chr(10) if kinds else ""}{chr(10).join(arrays)}// clang-format on

}}  // namespace ampsft::detail
"""
    (FOLDER / name).write_text(text)
    print(f"{name}: {len(text)} bytes, {text.count(chr(10))} lines")


def of(test):
    return [run[:2] for run in ranges_of((c, True) for c in POINTS if test(c))]


def ranges():
    def is_mark_of_word(c):
        kind = unicode.category(chr(c))
        return kind[0] == "M" or kind in ("Nd", "Nl", "Pc") or c in (0x200C, 0x200D) or c in CIRCLED

    header("unicode_ranges.hpp", f"Classes of characters in Unicode {unicode.unidata_version}.",
           "struct CharacterRange {\n  std::uint32_t first;\n  std::uint32_t last;\n};\n",
           [array("letter_ranges", "CharacterRange", of(lambda c: unicode.category(chr(c))[0] == "L"),
                  "Letters: \\p{L}."),
            array("number_ranges", "CharacterRange", of(lambda c: unicode.category(chr(c))[0] == "N"),
                  "Numbers: \\p{N}."),
            array("word_mark_ranges", "CharacterRange", of(is_mark_of_word),
                  "What belongs to \\w beside letters: marks, digits, letter numbers, connectors, joiners.")])


def cases():
    def of_kinds(*kinds):
        return of(lambda c: unicode.category(chr(c)) in kinds)

    header("unicode_cases.hpp", f"Cases of letters, and marks, in Unicode {unicode.unidata_version}.", "",
           [array("lower_ranges", "CharacterRange", of_kinds("Ll"), "Small letters: \\p{Ll}."),
            array("upper_ranges", "CharacterRange", of_kinds("Lu", "Lt"), "Capital and title letters: \\p{Lu} and \\p{Lt}."),
            array("mark_ranges", "CharacterRange", of_kinds("Mn", "Mc", "Me"), "Marks: \\p{M}.")],
           "#include <ampsft/text/detail/unicode_ranges.hpp>\n\n#include <array>")


def decompositions():
    single, excluded, composed = [], [], []
    for c in POINTS:
        parts = unicode.decomposition(chr(c)).split()
        if not parts or parts[0].startswith("<"):
            continue
        row = [c, *(int(part, 16) for part in parts)]
        stays = unicode.normalize("NFC", chr(c)) == chr(c)
        (single if len(parts) == 1 else composed if stays else excluded).append(row)
    classes = ranges_of((c, unicode.combining(chr(c))) for c in POINTS if unicode.combining(chr(c)))
    pair = ("struct PairDecomposition {\n  std::uint32_t whole;\n  std::uint32_t first;\n"
            "  std::uint32_t second;\n};\n")
    header("unicode_singles.hpp",
           f"Canonical decompositions of Unicode {unicode.unidata_version} into one character, and combining classes.",
           "struct SingleDecomposition {\n  std::uint32_t whole;\n  std::uint32_t part;\n};\n\n"
           "struct CombiningRange {\n  std::uint32_t first;\n  std::uint32_t last;\n"
           "  std::uint32_t combining_class;\n};\n",
           [array("single_decompositions", "SingleDecomposition", single, "Characters that stand for another one."),
            array("combining_ranges", "CombiningRange", classes, "Classes other than 0.")])
    header("unicode_pairs.hpp",
           f"Canonical decompositions of Unicode {unicode.unidata_version} into two characters.", pair,
           [array("composed_pairs", "PairDecomposition", composed, "Characters that are composed again."),
            array("excluded_pairs", "PairDecomposition", excluded, "Characters that are not.")])


if __name__ == "__main__":
    ranges()
    cases()
    decompositions()
