// SPDX-License-Identifier: MIT
/// @file
/// The factors of an adapter as the tensors of other tools' files lie: fused, permuted, named.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// `rows` (those of `heads` heads of q or k, any number of columns) in the order of another rotary pairing.
///
/// Row `j` of the first half of a head and row `j` of the second become neighbours for `interleaved`, and the other way
/// round for `halves`. Throws `Error` unless the rows make whole heads of even width.
template <Scalar T>
[[nodiscard]] Matrix<T> repair_rows(const Matrix<T>& values, Index heads, RopePairing to);

/// The heads of a weight or bias whose rows a rotary pairing orders, q's or k's; 0 for all others.
[[nodiscard]] AMPSFT_HEADER_INLINE Index paired_heads(std::string_view name, const ModelConfig& config);

/// What is added to one stored tensor `W` (outputs x inputs once it is transposed): `L B`.
template <Scalar T>
struct ExportedFactor {
  std::string tensor;  ///< its name in the files
  bool embedding;      ///< it is looked up, not multiplied
  std::shared_ptr<const UniversalBasis<T>> basis;
  Matrix<T> scores;  ///< `L`, `n x K`; zero rows for parts of a fused tensor that are not adapted
};

/// The factors by tensor, in the order of the adapter. Scores of q, k and v that lie in one tensor become rows of one
/// factor, which they can because they share the basis. `config` is that of the model that was adapted; `to` the
/// pairing of the files; of a tied head `sources` has no tensor, so it is one of its own, "lm_head.weight".
///
/// Throws `Error` for a truncated adapter, which is no sum with the base, and for a weight that the files do not have.
template <Scalar T>
[[nodiscard]] std::vector<ExportedFactor<T>> export_factors(const ScoreAdapter<T>& adapter, const ModelConfig& config,
                                                            const std::vector<TensorSource>& sources, RopePairing to);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/export_factors_inl.hpp>
#endif
