// SPDX-License-Identifier: MIT
/// @file
/// Shapes out of files: as text, and their sizes without overflow.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

namespace ampsft::detail {

/// "[3, 4]".
[[nodiscard]] inline std::string shape_text(std::span<const Index> shape) {
  std::string text = "[";
  for (const Index extent : shape.first(std::min<std::size_t>(shape.size(), 8))) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + (shape.size() > 8 ? ", ...]" : "]");
}

/// Product of the extents; throws `Error` beginning with `source` for negative ones and on overflow.
[[nodiscard]] inline Index checked_size(std::span<const Index> shape, const std::string& source) {
  Index size = 1;
  for (const Index extent : shape) {
    require(extent >= 0 && (extent == 0 || size <= std::numeric_limits<Index>::max() / extent), source, ": the shape ",
            shape_text(shape), " is negative or too large");
    size *= extent;
  }
  return size;
}

}  // namespace ampsft::detail
