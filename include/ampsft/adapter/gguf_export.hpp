// SPDX-License-Identifier: MIT
/// @file
/// An adapter as a GGUF file that llama.cpp loads as LoRA.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <array>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

/// Writes an adapter for llama.cpp: `<tensor>.lora_a` is the basis (`K x d`), `<tensor>.lora_b` the scores (`n x K`),
/// of the embedding the scores (`n x K`) and the basis transposed, as F32 or `format`.
///
/// `adapter.lora.alpha` is the rank of the first factor, so llama.cpp's scale is 1; scores of another rank `K` are
/// multiplied by `K / alpha` for it. Rows of q and k are permuted where llama.cpp's models are. Throws as
/// `export_factors`, and `Error` for an embedding that is tied to the head or such a head, because llama.cpp has one
/// tensor for both and applies factors to one use of it alone: merge those.
template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                      BlockFormat format = BlockFormat::f32) {
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

}  // namespace ampsft
