// SPDX-License-Identifier: MIT
/// @file
/// What the fields of rotary positions must fulfil together.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/rope_config.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

namespace detail {

inline void validate_rope(const RopeConfig& rope, Index head_dim, std::string_view source, const std::string& name) {
  const Index dims = rope.dims == 0 ? head_dim : rope.dims;
  constexpr Index most_dims = 1024;  // far above any model; every layer holds its factors
  require(dims > 0 && dims % 2 == 0 && dims <= std::min(head_dim, most_dims), source, ": ", name,
          ": an even number of at most ", std::min(head_dim, most_dims), " numbers of a head can rotate, not ", dims);
  const bool stretched =
      rope.scaling == RopeScaling::llama3 || rope.scaling == RopeScaling::yarn || rope.scaling == RopeScaling::longrope;
  require(!stretched || rope.original_context > 0, source, ": ", name, ": the scaling ",
          names_of(rope.scaling)[static_cast<std::size_t>(rope.scaling)], " needs original_context");
  const auto one_a_pair = [&](const std::vector<double>& factors, const char* field, bool needed) {
    require((factors.empty() && !needed) || static_cast<Index>(factors.size()) == dims / 2, source, ": ", name, ".",
            field, " holds ", factors.size(), " numbers, but ", dims / 2, " pairs of a head rotate");
  };
  const bool longrope = rope.scaling == RopeScaling::longrope;
  one_a_pair(rope.frequency_factors, "frequency_factors", false);
  one_a_pair(rope.short_factors, "short_factors", longrope);
  one_a_pair(rope.long_factors, "long_factors", longrope);
}

}  // namespace detail

}  // namespace ampsft
