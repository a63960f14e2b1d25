// SPDX-License-Identifier: MIT
/// @file
/// Bodies of peft_folder.hpp.
#pragma once

#include <ampsft/adapter/detail/peft_export_inl.hpp>
#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_folder.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_folder.hpp>

#include <filesystem>
#include <string>
#include <system_error>

namespace ampsft {

AMPSFT_HEADER_INLINE bool is_peft_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path / "adapter_config.json", ignored);
}

template <Scalar T>
void save_lora(const std::filesystem::path& folder, const LoraAdapter<T>& adapter, const ModelConfig& config,
               const PeftOptions& options) {
  const std::string remarks =
      json_text(nlohmann::json{{"base", adapter.base}, {"training", adapter.training}}, 2) + "\n";
  detail::require_no_model(folder);
  AtomicFolder made(folder);
  detail::write_peft(made.path(), adapter.factors, config, options);
  write_text(made.path() / detail::peft_remarks, remarks);
  made.commit();
}

template <Scalar T>
LoraAdapter<T> load_lora(const std::filesystem::path& folder, const ModelConfig& config) {
  LoraAdapter<T> adapter;
  adapter.factors = read_peft<T>(folder, config);
  const std::filesystem::path remarks = folder / detail::peft_remarks;
  std::error_code ignored;
  if (std::filesystem::exists(remarks, ignored)) {
    constexpr int depth = 8;
    const std::string source = concat(remarks);
    const nlohmann::json json = parse_json(read_text(remarks), source, depth);
    const detail::JsonFields fields(json, source);
    adapter.base = fields.text("base", "");
    if (const nlohmann::json* const training = fields.find("training")) {
      require(training->is_object(), source, ": \"training\" must be an object");
      adapter.training = *training;
    }
  }
  return adapter;
}

AMPSFT_INSTANCE(void save_lora(const std::filesystem::path& folder, const LoraAdapter<float>& adapter,
                               const ModelConfig& config, const PeftOptions& options));

AMPSFT_INSTANCE(void save_lora(const std::filesystem::path& folder, const LoraAdapter<double>& adapter,
                               const ModelConfig& config, const PeftOptions& options));

AMPSFT_INSTANCE(LoraAdapter<float> load_lora(const std::filesystem::path& folder, const ModelConfig& config));
AMPSFT_INSTANCE(LoraAdapter<double> load_lora(const std::filesystem::path& folder, const ModelConfig& config));

}  // namespace ampsft
