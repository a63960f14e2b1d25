// SPDX-License-Identifier: MIT
/// @file
/// Bodies of gguf_export.hpp.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/model/families.hpp>

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const std::vector<NamedFactors<T>>& changes,
                      const ModelConfig& config, BlockFormat format) {
  const Family& family = family_of(config);
  for (const auto& [name, change] : changes) {
    require(!config.tied_head || (name != "lm_head.weight" && name != "token_embedding.weight"), name,
            " is tied, and llama.cpp cannot adapt a matrix that is embedding and head; export the merged model, or ",
            "train without the two");
  }
  const auto exported =
      export_factors(changes, config, tensor_sources(config, TensorNaming::gguf), family.gguf.pairing);
  require(!exported.empty(), "the adapter changes no weight");
  const auto alpha_of = [](const LoraFactors<T>& factors) {
    return factors.scale * static_cast<double>(rows(factors.a));
  };
  const LoraFactors<T>& first = exported.front().factors;
  const double alpha = first.scale != 0.0 ? alpha_of(first) : static_cast<double>(rows(first.a));  // 0 means "none"
  GgufWriter writer;
  writer.set("general.architecture", std::string(family.gguf_architecture));
  writer.set("general.type", "adapter");
  writer.set("adapter.type", "lora");
  writer.set("adapter.lora.alpha", static_cast<float>(alpha));
  std::deque<Matrix<T>> kept;  // the writer keeps views
  const auto add = [&](const std::string& name, const Matrix<T>& values) {
    writer.add(name, format, {rows(values), cols(values)}, values);
  };
  for (const ExportedFactor<T>& one : exported) {
    const T scale = static_cast<T>(alpha_of(one.factors) / alpha);  // llama.cpp divides alpha by each rank
    const auto& scaled = kept.emplace_back(make_matrix(scale * map(one.factors.l)));
    add(one.tensor + ".lora_a", one.embedding ? scaled : one.factors.a);
    if (one.embedding) {
      add(one.tensor + ".lora_b", kept.emplace_back(make_matrix(map(one.factors.a).transpose())));
    } else {
      add(one.tensor + ".lora_b", scaled);
    }
  }
  writer.write(path);
}

template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                      BlockFormat format) {
  export_gguf_lora(path, factors_of(adapter), config, format);
}

AMPSFT_INSTANCE(void export_gguf_lora(const std::filesystem::path& path,
                                      const std::vector<NamedFactors<float>>& changes, const ModelConfig& config,
                                      BlockFormat format));

AMPSFT_INSTANCE(void export_gguf_lora(const std::filesystem::path& path,
                                      const std::vector<NamedFactors<double>>& changes, const ModelConfig& config,
                                      BlockFormat format));

AMPSFT_INSTANCE(void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<float>& adapter,
                                      const ModelConfig& config, BlockFormat format));

AMPSFT_INSTANCE(void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<double>& adapter,
                                      const ModelConfig& config, BlockFormat format));

}  // namespace ampsft
