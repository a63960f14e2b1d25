// SPDX-License-Identifier: MIT
/// @file
/// Bodies of collect_moments.hpp.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/train/collect_moments.hpp>
#include <ampsft/train/memory_plan.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void require_collectable(const CollectOptions& options) {
  require(options.batches >= 1 && options.sequences >= 1, "collecting moments needs at least 1 batch of 1 window, not ",
          options.batches, " of ", options.sequences);
}

template <Scalar T>
void add_moments(MomentsByWidth<T>& moments, const std::string& name, const ConstView<T>& rows) {
  auto& gram = moments.try_emplace(rows.cols(), rows.cols()).first->second;
  gram.add(rows);
  require(std::isfinite(gram.raw_energy()), "what belongs to ", name,
          " is not finite (or too large to square); such a model gives no basis");
}

template <Scalar T>
Matrix<T> filled_rows(const ConstView<T>& all, const std::vector<std::int32_t>& documents) {
  const auto filled = std::count_if(documents.begin(), documents.end(), [](auto document) { return document >= 0; });
  if (filled == static_cast<std::ptrdiff_t>(documents.size())) {
    return {};
  }
  Matrix<T> rows = make_matrix<T>(static_cast<Index>(filled), all.cols());
  Index row = 0;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (documents[i] >= 0) {
      map(rows).row(row++) = all.row(static_cast<Index>(i));
    }
  }
  return rows;
}

AMPSFT_INSTANCE(void add_moments(MomentsByWidth<float>& moments, const std::string& name,
                                 const ConstView<float>& rows));
AMPSFT_INSTANCE(void add_moments(MomentsByWidth<double>& moments, const std::string& name,
                                 const ConstView<double>& rows));
AMPSFT_INSTANCE(Matrix<float> filled_rows(const ConstView<float>& all, const std::vector<std::int32_t>& documents));
AMPSFT_INSTANCE(Matrix<double> filled_rows(const ConstView<double>& all, const std::vector<std::int32_t>& documents));

}  // namespace ampsft::detail
