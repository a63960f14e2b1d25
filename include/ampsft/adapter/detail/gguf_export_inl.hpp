// SPDX-License-Identifier: MIT
/// @file
/// Bodies of gguf_export.hpp.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <array>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                      BlockFormat format) {
  const Family& family = family_of(config);
  for (const auto& name : adapter.weights()) {
    require(!config.tied_head || (name != "lm_head.weight" && name != "token_embedding.weight"), name,
            " is tied, and llama.cpp cannot adapt a matrix that is embedding and head; export the merged model, or ",
            "train without the two");
  }
  const auto factors = export_factors(adapter, config, tensor_sources(config, TensorNaming::gguf), family.gguf.pairing);
  const Index alpha = factors.front().basis->rank();
  GgufWriter writer;
  writer.set("general.architecture", std::string(family.gguf_architecture));
  writer.set("general.type", "adapter");
  writer.set("adapter.type", "lora");
  writer.set("adapter.lora.alpha", static_cast<float>(alpha));
  std::deque<Matrix<T>> kept;  // the writer keeps views
  const auto add = [&](const std::string& name, const Matrix<T>& values) {
    writer.add(name, format, {rows(values), cols(values)}, values);
  };
  for (const auto& [tensor, embedding, basis, scores] : factors) {
    const T scale = static_cast<T>(basis->rank()) / static_cast<T>(alpha);  // llama.cpp divides alpha by each rank
    const auto& scaled = kept.emplace_back(make_matrix(scale * map(scores)));
    add(tensor + ".lora_a", embedding ? scaled : basis->components());
    if (embedding) {
      add(tensor + ".lora_b", kept.emplace_back(make_matrix(map(basis->components()).transpose())));
    } else {
      add(tensor + ".lora_b", scaled);
    }
  }
  writer.write(path);
}

AMPSFT_INSTANCE(void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<float>& adapter,
                                      const ModelConfig& config, BlockFormat format));

AMPSFT_INSTANCE(void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<double>& adapter,
                                      const ModelConfig& config, BlockFormat format));

}  // namespace ampsft
