// SPDX-License-Identifier: MIT
/// @file
/// Bodies of peft_export.hpp.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Throws for a folder that holds a model: both kinds in one folder would be taken for an adapter of that model.
inline void require_no_model(const std::filesystem::path& folder) {
  std::error_code ignored;
  require(!std::filesystem::exists(folder / "config.json", ignored), folder,
          " holds a model (config.json); write the adapter into a folder of its own");
}

/// Writes both files into a folder that is there.
template <Scalar T>
void write_peft(const std::filesystem::path& folder, const std::vector<NamedFactors<T>>& changes,
                const ModelConfig& config, const PeftOptions& options) {
  const auto sources = tensor_sources(config, TensorNaming::huggingface);
  const auto exported = export_factors(changes, config, sources, RopePairing::halves);
  require(!exported.empty(), "the adapter changes no weight");
  const auto rank_of = [](const ExportedFactor<T>& one) { return rows(one.factors.a); };
  // PEFT's scale is alpha / r.
  const auto alpha_of = [&](const ExportedFactor<T>& one) -> nlohmann::json {
    const double alpha = one.factors.scale * static_cast<double>(rank_of(one));
    return alpha == std::floor(alpha) ? nlohmann::json(static_cast<Index>(alpha)) : nlohmann::json(alpha);
  };
  const Index rank = rank_of(exported.front());
  const nlohmann::json alpha = alpha_of(exported.front());
  const bool stores_transposed =
      std::any_of(sources.begin(), sources.end(), [](const auto& s) { return s.transposed; });
  nlohmann::json json = {{"peft_type", "LORA"},
                         {"task_type", "CAUSAL_LM"},
                         {"base_model_name_or_path", options.base_model},
                         {"r", rank},
                         {"lora_alpha", alpha},
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
  for (const ExportedFactor<T>& one : exported) {
    const std::string module = one.tensor.substr(0, one.tensor.size() - std::string_view(".weight").size());
    const std::string name = concat(detail::peft_prefix, module);
    json["target_modules"].push_back(module);
    if (rank_of(one) != rank) {
      json["rank_pattern"][module] = rank_of(one);
    }
    if (alpha_of(one) != alpha) {
      json["alpha_pattern"][module] = alpha_of(one);
    }
    if (one.embedding) {
      add(name + ".lora_embedding_A", transposed.emplace_back(make_matrix(map(one.factors.l).transpose())));
      add(name + ".lora_embedding_B", transposed.emplace_back(make_matrix(map(one.factors.a).transpose())));
    } else {
      add(name + ".lora_A.weight", one.factors.a);
      add(name + ".lora_B.weight", one.factors.l);
    }
  }
  const std::string text = json_text(json, 2) + "\n";  // before anything is written: it may throw
  writer.set_metadata("format", "pt");
  writer.write(folder / "adapter_model.safetensors");
  write_text(folder / "adapter_config.json", text);
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
void export_peft(const std::filesystem::path& folder, const std::vector<NamedFactors<T>>& changes,
                 const ModelConfig& config, const PeftOptions& options) {
  detail::require_no_model(folder);
  AtomicFolder made(folder);
  detail::write_peft(made.path(), changes, config, options);
  made.commit();
}

template <Scalar T>
void export_peft(const std::filesystem::path& folder, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                 const PeftOptions& options) {
  export_peft(folder, factors_of(adapter), config, options);
}

AMPSFT_INSTANCE(void export_peft(const std::filesystem::path& folder, const std::vector<NamedFactors<float>>& changes,
                                 const ModelConfig& config, const PeftOptions& options));

AMPSFT_INSTANCE(void export_peft(const std::filesystem::path& folder, const std::vector<NamedFactors<double>>& changes,
                                 const ModelConfig& config, const PeftOptions& options));

AMPSFT_INSTANCE(void export_peft(const std::filesystem::path& folder, const ScoreAdapter<float>& adapter,
                                 const ModelConfig& config, const PeftOptions& options));

AMPSFT_INSTANCE(void export_peft(const std::filesystem::path& folder, const ScoreAdapter<double>& adapter,
                                 const ModelConfig& config, const PeftOptions& options));

}  // namespace ampsft
