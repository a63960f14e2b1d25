// SPDX-License-Identifier: MIT
/// @file
/// Bodies of base_hash.hpp.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ampsft::detail {

template <Scalar T>
std::uint64_t hash_values(const RowBlock<T>& values) {
  const Index height = chunk_rows(values.cols());
  const Index chunks = chunk_count(values.rows(), values.cols());
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(chunks));
  parallel_for(chunks, 1, [&](Index begin, Index end) {
    Matrix<T> buffer;
    for (Index chunk = begin; chunk < end; ++chunk) {
      const Index first = chunk * height;
      const Index count = std::min(height, values.rows() - first);
      hashes[static_cast<std::size_t>(chunk)] = hash_rows<T>(values.read(first, count, buffer));
    }
  });
  return join_hashes(hashes);
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
std::string base_hash(const WeightList<T>& weights) {
  std::vector<SourceMatrix> matrices;
  for (const auto* weight : weights) {
    const FrozenBase<T> base = base_of(*weight);
    matrices.push_back({weight->name(), weight->rows(), weight->cols(),
                        hash_text(detail::hash_values(base.rows_named(weight->name())))});
  }
  return source_hash(std::move(matrices));
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(std::uint64_t hash_values(const RowBlock<float>& values));
AMPSFT_INSTANCE(std::uint64_t hash_values(const RowBlock<double>& values));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(std::string base_hash(const WeightList<float>& weights));
AMPSFT_INSTANCE(std::string base_hash(const WeightList<double>& weights));

}  // namespace ampsft
