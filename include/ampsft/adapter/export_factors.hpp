// SPDX-License-Identifier: MIT
/// @file
/// The factors of an adapter as the tensors of other tools' files lie: fused, permuted, named.
#pragma once

#include <ampsft/adapter/named_factors.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <algorithm>
#include <iterator>
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

/// What is added to one stored tensor `W` (outputs x inputs once it is transposed): `scale L A`.
template <Scalar T>
struct ExportedFactor {
  std::string tensor;      ///< its name in the files
  bool embedding;          ///< it is looked up, not multiplied
  LoraFactors<T> factors;  ///< `L` has zero rows for parts of a fused tensor that are not adapted
};

namespace detail {

/// Adds the change of rows `first`, ... of a tensor of `height` rows. Parts of a fused tensor that have one `A` (scores
/// over one basis) become rows of one `L`; others stand below each other in `A` and beside each other in `L`.
template <Scalar T>
void add_part(LoraFactors<T>& whole, const LoraFactors<T>& part, Index first, Index height);

}  // namespace detail

/// The factors by tensor, in the order of the list, as the files of a model have them: parts of a fused tensor joined,
/// rows of q and k in the order of `to`. `config` is that of the model that was adapted. Of a tied head `sources` has
/// no tensor, so it is one of its own, "lm_head.weight".
///
/// Throws `Error` for a weight that the files do not have, and factors that do not fit the config.
template <Scalar T>
[[nodiscard]] std::vector<ExportedFactor<T>> export_factors(const std::vector<NamedFactors<T>>& changes,
                                                            const ModelConfig& config,
                                                            const std::vector<TensorSource>& sources, RopePairing to);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/export_factors_inl.hpp>
#endif
