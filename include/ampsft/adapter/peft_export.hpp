// SPDX-License-Identifier: MIT
/// @file
/// An adapter as a folder that Hugging Face's PEFT loads as LoRA.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ampsft {

/// What a PEFT folder says of itself.
struct PeftOptions {
  std::string base_model;    ///< `base_model_name_or_path`: a folder or a name on the hub
  DType dtype = DType::f32;  ///< of both factors: F32, F16, BF16
};

namespace detail {

inline constexpr std::string_view peft_prefix = "base_model.model.";

}  // namespace detail

/// Writes `adapter_config.json` and `adapter_model.safetensors` into `folder`, which is made if it is not there.
///
/// Of a linear layer `lora_A` is the basis (`K x d`) and `lora_B` the scores (`n x K`), of the embedding
/// `lora_embedding_A` the scores transposed (`K x n`) and `lora_embedding_B` the basis transposed; `lora_alpha` is `r`,
/// so PEFT's scale is 1. Every basis is stored once a layer, for PEFT knows no sharing. `config` is that of the adapted
/// model, whether it came from a Hugging Face folder or a GGUF file (whose rows of q and k are put in order).
///
/// Where a model multiplies its token embeddings (Gemma 3, Granite), what the adapter adds to them is multiplied too.
/// PEFT does so for Gemma 3 since version 0.18; older ones leave out its `embed_scale`.
///
/// A head that is tied to the embedding gets factors of its own: PEFT then computes what we do, but PEFT must not merge
/// such an adapter, which would add both changes to the one matrix. Throws as `export_factors`, and `Error` if a file
/// cannot be written.
template <Scalar T>
void export_peft(const std::filesystem::path& folder, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                 const PeftOptions& options) {
  const auto sources = tensor_sources(config, TensorNaming::huggingface);
  const auto factors = export_factors(adapter, config, sources, RopePairing::halves);
  const Index rank = factors.front().basis->rank();
  const bool stores_transposed =
      std::any_of(sources.begin(), sources.end(), [](const auto& s) { return s.transposed; });
  nlohmann::json json = {{"peft_type", "LORA"},
                         {"task_type", "CAUSAL_LM"},
                         {"base_model_name_or_path", options.base_model},
                         {"r", rank},
                         {"lora_alpha", rank},
                         {"lora_dropout", 0.0},
                         {"bias", "none"},
                         {"fan_in_fan_out", stores_transposed},
                         {"inference_mode", true},
                         {"init_lora_weights", true},
                         {"use_rslora", false},
                         {"use_dora", false},
                         {"modules_to_save", nullptr},
                         {"rank_pattern", nlohmann::json::object()},
                         {"alpha_pattern", nlohmann::json::object()},
                         {"target_modules", nlohmann::json::array()}};
  SafetensorsWriter writer;
  std::deque<Matrix<T>> transposed;  // the writer keeps views
  const auto add = [&](const std::string& name, const Matrix<T>& values) {
    writer.add(name, options.dtype, {rows(values), cols(values)}, values);
  };
  for (const auto& [tensor, embedding, basis, scores] : factors) {
    const std::string module = tensor.substr(0, tensor.size() - std::string_view(".weight").size());
    const std::string name = concat(detail::peft_prefix, module);
    json["target_modules"].push_back(module);
    if (basis->rank() != rank) {
      json["rank_pattern"][module] = json["alpha_pattern"][module] = basis->rank();
    }
    if (embedding) {
      add(name + ".lora_embedding_A", transposed.emplace_back(make_matrix(map(scores).transpose())));
      add(name + ".lora_embedding_B", transposed.emplace_back(make_matrix(map(basis->components()).transpose())));
    } else {
      add(name + ".lora_A.weight", basis->components());
      add(name + ".lora_B.weight", scores);
    }
  }
  const std::string text = json_text(json, 2) + "\n";  // before anything is written: it may throw
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require(!error, "cannot make the folder ", folder, ": ", error.message());
  writer.set_metadata("format", "pt");
  writer.write(folder / "adapter_model.safetensors");
  write_text(folder / "adapter_config.json", text);
}

}  // namespace ampsft
