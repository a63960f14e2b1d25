// SPDX-License-Identifier: MIT
/// @file
/// What tells one base model from another: a hash of its weight matrices.
#pragma once

#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/parameterization/lora.hpp>
#include <ampsft/parameterization/score.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ampsft {

/// The frozen weight under scores or factors, or the weight itself where it is dense or frozen.
///
/// Throws `Error` for the truncated form, which keeps none.
template <Scalar T>
[[nodiscard]] FrozenBase<T> base_of(const Weight<T>& weight) {
  FrozenBase<T> base = weight.base();
  if (const auto scores = weight.template as<ScoreParameterization<T>>()) {
    base = scores->base();
  } else if (const auto lora = weight.template as<LoraParameterization<T>>()) {
    base = lora->base();
  }
  require(static_cast<bool>(base), weight.name(), " is parameterised as ", weight.kind(),
          ", which keeps no base; take the base's hash before attaching");
  return base;
}

namespace detail {

/// The hash of the values as `T`, as `score_matrix` makes it, whatever form they lie in.
template <Scalar T>
[[nodiscard]] std::uint64_t hash_values(const FrozenBase<T>& base) {
  const Index height = chunk_rows(base.cols());
  const Index chunks = chunk_count(base.rows(), base.cols());
  const Matrix<T> dequantized = base.matrix() ? Matrix<T>{} : base.dequantized();
  const Matrix<T>& values = base.matrix() ? *base.matrix() : dequantized;
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(chunks));
  parallel_for(chunks, 1, [&](Index begin, Index end) {
    for (Index chunk = begin; chunk < end; ++chunk) {
      const Index first = chunk * height;
      const Index count = std::min(height, base.rows() - first);
      hashes[static_cast<std::size_t>(chunk)] =
          hash_rows<T>({values.data() + first * base.cols(), count, base.cols(), Eigen::OuterStride<>(base.cols())});
    }
  });
  return join_hashes(hashes);
}

}  // namespace detail

/// A hash (16 hexadecimal digits) of the names, shapes and values of all weights without their scores or factors.
///
/// The values are those in `T`, so a model in float and the same in double differ. Cost: one reading of the weights.
/// Throws as `base_of`.
template <Scalar T>
[[nodiscard]] std::string base_hash(const WeightList<T>& weights) {
  std::vector<SourceMatrix> matrices;
  for (const auto* weight : weights) {
    matrices.push_back(
        {weight->name(), weight->rows(), weight->cols(), hash_text(detail::hash_values(base_of(*weight)))});
  }
  return source_hash(std::move(matrices));
}

}  // namespace ampsft
