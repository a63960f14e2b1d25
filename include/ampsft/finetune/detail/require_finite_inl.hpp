// SPDX-License-Identifier: MIT
/// @file
/// How damaged weights are found.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/require_finite.hpp>

#include <limits>

namespace ampsft::detail {

/// The first row that holds a NaN or an infinity; -1 if there is none.
inline Index first_bad_row(const RowBlock<float>& values) {
  const Index height = chunk_rows(values.cols());
  const Index chunks = chunk_count(values.rows(), values.cols());
  constexpr Index none = std::numeric_limits<Index>::max();
  std::atomic<Index> first{none};
  parallel_for(chunks, 1, [&](Index begin, Index end) {
    Matrix<float> buffer;
    for (Index chunk = begin; chunk < end; ++chunk) {
      const Index from = chunk * height;
      const auto rows_read = values.read(from, std::min(height, values.rows() - from), buffer);
      for (Index row = 0; row < rows_read.rows(); ++row) {
        if (!rows_read.row(row).allFinite()) {
          Index known = first.load();
          while (from + row < known && !first.compare_exchange_weak(known, from + row)) {
          }
          break;
        }
      }
    }
  });
  return first.load() == none ? -1 : first.load();
}

AMPSFT_HEADER_INLINE void require_finite(const WeightList<float>& weights, const ParameterList<float>& parameters) {
  for (const auto* weight : weights) {
    const Index row = first_bad_row(base_of(*weight).rows_named(weight->name()));
    require(row < 0, "the weight ", weight->name(), " holds a NaN or an infinity in row ", row,
            ", so nothing can be trained upon it; the model's file is damaged, or was made wrongly");
  }
  for (const auto* parameter : parameters) {
    require(!parameter->is_vector || flat(parameter->value).allFinite(), "the parameter ", parameter->name,
            " holds a NaN or an infinity, so nothing can be trained upon it; the model's file is damaged, or was made ",
            "wrongly");
  }
}

}  // namespace ampsft::detail
