// SPDX-License-Identifier: MIT
/// @file
/// The factors of an adapter as the tensors of other tools' files lie: fused, permuted, named.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
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
[[nodiscard]] Matrix<T> repair_rows(const Matrix<T>& values, Index heads, RopePairing to) {
  require(heads > 0 && rows(values) % (2 * heads) == 0, rows(values), " rows are not ", heads, " heads of even width");
  const Index width = rows(values) / heads;
  Matrix<T> result = make_matrix<T>(rows(values), cols(values));
  for (Index head = 0; head < heads; ++head) {
    for (Index part = 0; part < 2; ++part) {
      for (Index j = 0; j < width / 2; ++j) {
        const Index half = head * width + part * (width / 2) + j;
        const Index pair = head * width + 2 * j + part;
        const bool interleaves = to == RopePairing::interleaved;
        map(result).row(interleaves ? pair : half) = map(values).row(interleaves ? half : pair);
      }
    }
  }
  return result;
}

/// The heads of a weight or bias whose rows a rotary pairing orders, q's or k's; 0 for all others.
[[nodiscard]] inline Index paired_heads(std::string_view name, const ModelConfig& config) {
  const auto is_of = [&](std::string_view layer) {
    return name.ends_with(concat(layer, ".weight")) || name.ends_with(concat(layer, ".bias"));
  };
  return is_of(".attention.q") ? config.heads : is_of(".attention.k") ? config.kv_heads : 0;
}

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
                                                            const std::vector<TensorSource>& sources, RopePairing to) {
  require(adapter.form == ScoreForm::exact_start, "a truncated adapter cannot be exported as factors: its weights are ",
          "not the base's plus something of low rank; export the merged model");
  std::vector<ExportedFactor<T>> factors;
  for (const auto& matrix : adapter.matrices) {
    const auto& basis = adapter.basis(matrix);
    for (const auto& name : matrix.weights) {
      auto source = std::find_if(sources.begin(), sources.end(), [&](const auto& s) { return s.name == name; });
      TensorSource head{
          .name = name, .shape = {config.vocabulary, config.hidden_size}, .source = name, .source_shape = {}};
      const bool tied_head = source == sources.end() && config.tied_head && name == "lm_head.weight";
      require(source != sources.end() || tied_head, "the adapter is for ", detail::quoted(name),
              ", which a model of the family ", config.family, " does not have");
      const TensorSource& place = tied_head ? head : *source;
      require(place.shape == std::vector<Index>{rows(matrix.scores), matrix.width}, "the adapter's scores of ", name,
              " do not fit the model's config");
      auto factor =
          std::find_if(factors.begin(), factors.end(), [&](const auto& f) { return f.tensor == place.source; });
      if (factor == factors.end()) {
        const Index height = tied_head ? config.vocabulary : place.source_shape[place.transposed ? 1 : 0];
        factors.push_back(
            {place.source, name == "token_embedding.weight", basis, make_matrix<T>(height, basis->rank(), T{0})});
        factor = std::prev(factors.end());
      }
      const Index heads = paired_heads(name, config);
      const bool repairs = heads > 0 && config.pairing() != to;
      const Matrix<T> repaired = repairs ? repair_rows(matrix.scores, heads, to) : Matrix<T>{};
      map(factor->scores).middleRows(place.first, rows(matrix.scores)) = map(repairs ? repaired : matrix.scores);
    }
  }
  return factors;
}

}  // namespace ampsft
