// SPDX-License-Identifier: MIT
/// @file
/// Bodies of peft_import.hpp.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/detail/peft_config.hpp>
#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/safetensors.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

template <Scalar T>
LoraFactors<T> read_factors(const SafetensorsFile& file, const std::string& module, bool embedding) {
  const std::string name = concat(peft_prefix, module);
  LoraFactors<T> factors;
  if (embedding) {
    const auto a = file.read_matrix<T>(name + ".lora_embedding_B");
    const auto l = file.read_matrix<T>(name + ".lora_embedding_A");
    factors.a = make_matrix(map(a).transpose());
    factors.l = make_matrix(map(l).transpose());
  } else {
    factors.a = file.read_matrix<T>(name + ".lora_A.weight");
    factors.l = file.read_matrix<T>(name + ".lora_B.weight");
  }
  require(rows(factors.a) > 0 && rows(factors.a) == cols(factors.l), file.path(), ": the factors of ", quoted(module),
          " have the ranks ", rows(factors.a), " and ", cols(factors.l));
  require(map(factors.a).allFinite() && map(factors.l).allFinite(), file.path(), ": the factors of ", quoted(module),
          " hold a NaN or an infinity");
  return factors;
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
std::vector<NamedFactors<T>> read_peft(const std::filesystem::path& folder, const ModelConfig& config) {
  const detail::PeftScale scale = detail::read_peft_config(folder / "adapter_config.json");
  const SafetensorsFile file(folder / "adapter_model.safetensors");
  auto sources = tensor_sources(config, TensorNaming::huggingface);
  if (config.tied_head) {
    sources.push_back({.name = "lm_head.weight",
                       .shape = {config.vocabulary, config.hidden_size},
                       .source = "lm_head.weight",
                       .source_shape = {config.vocabulary, config.hidden_size}});
  }
  std::vector<NamedFactors<T>> all;
  std::set<std::string> used;
  for (const TensorSource& place : sources) {
    if (place.shape.size() != 2 || place.name == "position_embedding.weight") {
      continue;
    }
    const std::string module = place.source.substr(0, place.source.size() - std::string_view(".weight").size());
    const bool embedding = place.name == "token_embedding.weight";
    if (!file.contains(concat(detail::peft_prefix, module, embedding ? ".lora_embedding_A" : ".lora_A.weight"))) {
      continue;
    }
    LoraFactors<T> factors = detail::read_factors<T>(file, module, embedding);
    require(cols(factors.a) == place.shape[1] && rows(factors.l) == place.source_shape[place.transposed ? 1 : 0],
            file.path(), ": the factors of ", detail::quoted(module), " are for a matrix of ", rows(factors.l), " x ",
            cols(factors.a), ", which ", place.name, " does not fit");
    factors.scale = scale(module, rows(factors.a));
    used.insert(concat(detail::peft_prefix, module, embedding ? ".lora_embedding_A" : ".lora_A.weight"));
    used.insert(concat(detail::peft_prefix, module, embedding ? ".lora_embedding_B" : ".lora_B.weight"));
    factors.l = make_matrix(map(std::as_const(factors.l)).middleRows(place.first, place.shape[0]));
    const Index heads = paired_heads(place.name, config);
    if (heads > 0 && config.pairing() != RopePairing::halves) {
      factors.l = repair_rows(factors.l, heads, config.pairing());
    }
    all.push_back({place.name, std::move(factors)});
  }
  for (const std::string& name : file.names()) {
    require(used.contains(name), file.path(), " holds the tensor ", detail::quoted(name),
            ", which is no factor of a layer of this model; the adapter belongs to another model, or is no plain LoRA");
  }
  require(!all.empty(), file.path(), " holds no factors");
  return all;
}

template <Scalar T>
ProjectedAdapter<T> project_factors(const std::vector<NamedFactors<T>>& factors, const BasisSet<T>& bases,
                                    const std::string& base) {
  ProjectedAdapter<T> result;
  result.adapter.base = base;
  for (const auto& [name, lora] : factors) {
    const auto& basis = bases.for_weight(name, cols(lora.a));
    const Matrix<T> coordinates = basis->project(map(lora.a));  // r x K
    const Matrix<T> scores = make_matrix(static_cast<T>(lora.scale) * (map(lora.l) * map(coordinates)));
    // what the basis misses is scale L (A - A B' B): its energy is that of the small Gram matrices' product
    EigenMatrix<double> rest = map(lora.a).template cast<double>();
    const EigenMatrix<double> l = map(lora.l).template cast<double>();
    const EigenMatrix<double> gram = l.transpose() * l;
    const double square = lora.scale * lora.scale;
    ProjectedEnergy energy{.weight = name};
    energy.energy = square * (gram * rest).cwiseProduct(rest).sum();
    rest -= (map(coordinates) * map(basis->components())).template cast<double>();
    energy.lost = square * (gram * rest).cwiseProduct(rest).sum();
    result.energies.push_back(energy);
    result.adapter.bases.insert(basis);
    result.adapter.matrices.push_back({{name}, cols(lora.a), scores});
  }
  return result;
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(LoraFactors<float> read_factors(const SafetensorsFile& file, const std::string& module,
                                                bool embedding));
AMPSFT_INSTANCE(LoraFactors<double> read_factors(const SafetensorsFile& file, const std::string& module,
                                                 bool embedding));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(std::vector<NamedFactors<float>> read_peft(const std::filesystem::path& folder,
                                                           const ModelConfig& config));
AMPSFT_INSTANCE(std::vector<NamedFactors<double>> read_peft(const std::filesystem::path& folder,
                                                            const ModelConfig& config));
AMPSFT_INSTANCE(ProjectedAdapter<float> project_factors(const std::vector<NamedFactors<float>>& factors,
                                                        const BasisSet<float>& bases, const std::string& base));

AMPSFT_INSTANCE(ProjectedAdapter<double> project_factors(const std::vector<NamedFactors<double>>& factors,
                                                         const BasisSet<double>& bases, const std::string& base));

}  // namespace ampsft
