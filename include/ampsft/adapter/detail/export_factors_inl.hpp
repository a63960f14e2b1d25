// SPDX-License-Identifier: MIT
/// @file
/// Bodies of export_factors.hpp.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
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

template <Scalar T>
Matrix<T> repair_rows(const Matrix<T>& values, Index heads, RopePairing to) {
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

AMPSFT_HEADER_INLINE Index paired_heads(std::string_view name, const ModelConfig& config) {
  const auto is_of = [&](std::string_view layer) {
    return name.ends_with(concat(layer, ".weight")) || name.ends_with(concat(layer, ".bias"));
  };
  return is_of(".attention.q") ? config.heads : is_of(".attention.k") ? config.kv_heads : 0;
}

}  // namespace ampsft

namespace ampsft::detail {

template <Scalar T>
void add_part(LoraFactors<T>& whole, const LoraFactors<T>& part, Index first, Index height) {
  const Index count = rows(part.l);
  if (whole.a.size() == 0) {
    whole = {.a = part.a, .l = make_matrix<T>(height, rows(part.a), T{0}), .scale = part.scale};
  }
  if (whole.scale == part.scale && whole.a == part.a) {
    map(whole.l).middleRows(first, count) = map(part.l);
    return;
  }
  const Index before = rows(whole.a);
  const Index added = rows(part.a);
  Matrix<T> a = make_matrix<T>(before + added, cols(whole.a));
  map(a).topRows(before) = map(std::as_const(whole.a));
  map(a).bottomRows(added) = map(part.a);
  Matrix<T> l = make_matrix<T>(height, before + added, T{0});  // with the scales, which may differ
  map(l).leftCols(before) = static_cast<T>(whole.scale) * map(std::as_const(whole.l));
  map(l).block(first, before, count, added) = static_cast<T>(part.scale) * map(part.l);
  whole = {.a = std::move(a), .l = std::move(l), .scale = 1.0};
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
std::vector<ExportedFactor<T>> export_factors(const std::vector<NamedFactors<T>>& changes, const ModelConfig& config,
                                              const std::vector<TensorSource>& sources, RopePairing to) {
  std::vector<ExportedFactor<T>> exported;
  for (const auto& [name, change] : changes) {
    const auto source =
        std::find_if(sources.begin(), sources.end(), [&, &wanted = name](const auto& s) { return s.name == wanted; });
    TensorSource head{
        .name = name, .shape = {config.vocabulary, config.hidden_size}, .source = name, .source_shape = {}};
    const bool tied_head = source == sources.end() && config.tied_head && name == "lm_head.weight";
    require(source != sources.end() || tied_head, "the adapter is for ", detail::quoted(name),
            ", which a model of the family ", config.family, " does not have");
    const TensorSource& place = tied_head ? head : *source;
    require(place.shape == std::vector<Index>{rows(change.l), cols(change.a)} && cols(change.l) == rows(change.a),
            "the adapter's change of ", name, " does not fit the model's config");
    auto entry =
        std::find_if(exported.begin(), exported.end(), [&](const auto& f) { return f.tensor == place.source; });
    if (entry == exported.end()) {
      exported.push_back({place.source, name == "token_embedding.weight", {}});
      entry = std::prev(exported.end());
    }
    LoraFactors<T> part = change;
    const Index heads = paired_heads(name, config);
    if (heads > 0 && config.pairing() != to) {
      part.l = repair_rows(part.l, heads, to);
    }
    detail::add_part(entry->factors, part, place.first,
                     tied_head ? config.vocabulary : place.source_shape[place.transposed ? 1 : 0]);
  }
  return exported;
}

AMPSFT_INSTANCE(Matrix<float> repair_rows(const Matrix<float>& values, Index heads, RopePairing to));
AMPSFT_INSTANCE(Matrix<double> repair_rows(const Matrix<double>& values, Index heads, RopePairing to));

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(void add_part(LoraFactors<float>& whole, const LoraFactors<float>& part, Index first, Index height));
AMPSFT_INSTANCE(void add_part(LoraFactors<double>& whole, const LoraFactors<double>& part, Index first, Index height));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(std::vector<ExportedFactor<float>> export_factors(const std::vector<NamedFactors<float>>& changes,
                                                                  const ModelConfig& config,
                                                                  const std::vector<TensorSource>& sources,
                                                                  RopePairing to));

AMPSFT_INSTANCE(std::vector<ExportedFactor<double>> export_factors(const std::vector<NamedFactors<double>>& changes,
                                                                   const ModelConfig& config,
                                                                   const std::vector<TensorSource>& sources,
                                                                   RopePairing to));

}  // namespace ampsft
