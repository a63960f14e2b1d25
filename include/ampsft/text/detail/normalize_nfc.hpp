// SPDX-License-Identifier: MIT
/// @file
/// Unicode's normalization form C: canonical decomposition, then composition.
#pragma once

#include <ampsft/text/detail/unicode_pairs.hpp>
#include <ampsft/text/detail/unicode_singles.hpp>
#include <ampsft/text/detail/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ampsft::detail {

/// A code point with its canonical combining class.
struct ClassedPoint {
  std::uint32_t point;
  std::uint32_t combining_class;
};

[[nodiscard]] constexpr std::uint32_t combining_class(std::uint32_t point) noexcept {
  const auto* const after =
      std::upper_bound(combining_ranges.begin(), combining_ranges.end(), point,
                       [](std::uint32_t p, const CombiningRange& range) { return p < range.first; });
  return after != combining_ranges.begin() && point <= (after - 1)->last ? (after - 1)->combining_class : 0;
}

// Hangul syllables are composed by arithmetic (the Unicode standard, section 3.12).
struct Hangul {
  static constexpr std::uint32_t syllables = 0xac00;
  static constexpr std::uint32_t leads = 0x1100;
  static constexpr std::uint32_t vowels = 0x1161;
  static constexpr std::uint32_t trails = 0x11a7;  // one before the first
  static constexpr std::uint32_t lead_count = 19;
  static constexpr std::uint32_t vowel_count = 21;
  static constexpr std::uint32_t trail_count = 28;
  static constexpr std::uint32_t count = lead_count * vowel_count * trail_count;
};

/// The entry of a table sorted by `whole`, or null.
template <class Table>
[[nodiscard]] constexpr auto find_whole(const Table& table, std::uint32_t point) noexcept {
  const auto* const found = std::lower_bound(table.begin(), table.end(), point,
                                             [](const auto& entry, std::uint32_t p) { return entry.whole < p; });
  return found != table.end() && found->whole == point ? found : nullptr;
}

/// Appends the full canonical decomposition.
inline void decompose(std::uint32_t point, std::vector<ClassedPoint>& out) {
  if (point - Hangul::syllables < Hangul::count) {
    const std::uint32_t index = point - Hangul::syllables;
    const std::uint32_t trail = index % Hangul::trail_count;
    out.push_back({Hangul::leads + index / (Hangul::vowel_count * Hangul::trail_count), 0});
    out.push_back({Hangul::vowels + index / Hangul::trail_count % Hangul::vowel_count, 0});
    if (trail > 0) {
      out.push_back({Hangul::trails + trail, 0});
    }
  } else if (const auto* const single = find_whole(single_decompositions, point)) {
    decompose(single->part, out);
  } else if (const auto* const pair = find_whole(composed_pairs, point)) {
    decompose(pair->first, out);
    decompose(pair->second, out);
  } else if (const auto* const excluded = find_whole(excluded_pairs, point)) {
    decompose(excluded->first, out);
    decompose(excluded->second, out);
  } else {
    out.push_back({point, combining_class(point)});
  }
}

/// The character that two compose to; 0 if none.
[[nodiscard]] inline std::uint32_t compose(std::uint32_t first, std::uint32_t second) {
  if (first - Hangul::leads < Hangul::lead_count && second - Hangul::vowels < Hangul::vowel_count) {
    return Hangul::syllables +
           ((first - Hangul::leads) * Hangul::vowel_count + (second - Hangul::vowels)) * Hangul::trail_count;
  }
  if (first - Hangul::syllables < Hangul::count && (first - Hangul::syllables) % Hangul::trail_count == 0 &&
      second > Hangul::trails && second < Hangul::trails + Hangul::trail_count) {
    return first + (second - Hangul::trails);
  }
  static const std::vector<PairDecomposition> by_parts = [] {
    std::vector<PairDecomposition> all(composed_pairs.begin(), composed_pairs.end());
    std::sort(all.begin(), all.end(), [](const PairDecomposition& a, const PairDecomposition& b) {
      return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    });
    return all;
  }();
  const auto found = std::lower_bound(
      by_parts.begin(), by_parts.end(), std::tie(first, second),
      [](const PairDecomposition& pair, const auto& parts) { return std::tie(pair.first, pair.second) < parts; });
  return found != by_parts.end() && found->first == first && found->second == second ? found->whole : 0;
}

/// Composes each starter with the characters after it that are not blocked by one of the same or a higher class.
inline void compose_all(std::vector<ClassedPoint>& points) {
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t starter = none;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ClassedPoint next = points[i];
    if (starter != none) {
      const bool adjacent = kept == starter + 1;
      const bool blocked = !adjacent && points[kept - 1].combining_class >= next.combining_class;
      if (const std::uint32_t whole = blocked ? 0 : compose(points[starter].point, next.point); whole != 0) {
        points[starter].point = whole;
        continue;
      }
    }
    if (next.combining_class == 0) {
      starter = kept;
    }
    points[kept++] = next;
  }
  points.resize(kept);
}

/// The text in form C; invalid bytes stay as they are. Text below U+0300 is returned unchanged at once. Cost: linear,
/// except for sorting runs of combining marks.
[[nodiscard]] inline std::string normalize_nfc(std::string_view text) {
  constexpr unsigned char first_lead = 0xcc;  // of U+0300, the first combining mark
  if (std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= first_lead; })) {
    return std::string(text);
  }
  std::vector<ClassedPoint> points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character next = first_character(text.substr(at));
    decompose(next.point, points);
    at += next.size;
  }
  for (auto begin = points.begin(); begin != points.end();) {
    begin = std::find_if(begin, points.end(), [](const ClassedPoint& p) { return p.combining_class > 0; });
    const auto end = std::find_if(begin, points.end(), [](const ClassedPoint& p) { return p.combining_class == 0; });
    std::stable_sort(
        begin, end, [](const ClassedPoint& a, const ClassedPoint& b) { return a.combining_class < b.combining_class; });
    begin = end;
  }
  compose_all(points);
  std::string normal;
  normal.reserve(text.size());
  for (const ClassedPoint& next : points) {
    append_character(normal, next.point);
  }
  return normal;
}

}  // namespace ampsft::detail
