// SPDX-License-Identifier: MIT
/// @file
/// A LoRA adapter as a PEFT folder that remembers its base and its training.
#pragma once

#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>

#include <filesystem>
#include <string>
#include <system_error>

namespace ampsft {

namespace detail {

inline constexpr const char* peft_remarks = "ampsft.json";  // PEFT reads no file of that name

}  // namespace detail

/// Whether a path is a PEFT folder.
[[nodiscard]] inline bool is_peft_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path / "adapter_config.json", ignored);
}

/// Writes what `export_peft` writes, and `ampsft.json` with the hash of the base and the summary of the training.
/// Throws as that.
template <Scalar T>
void save_lora(const std::filesystem::path& folder, const LoraAdapter<T>& adapter, const ModelConfig& config,
               const PeftOptions& options) {
  const std::string remarks =
      json_text(nlohmann::json{{"base", adapter.base}, {"training", adapter.training}}, 2) + "\n";
  export_peft(folder, adapter.factors, config, options);
  write_text(folder / detail::peft_remarks, remarks);
}

/// Reads a PEFT LoRA folder for a model of this config, with what `save_lora` wrote beside it, if that is there. Throws
/// `Error` as `read_peft`, and if `ampsft.json` is damaged.
template <Scalar T>
[[nodiscard]] LoraAdapter<T> load_lora(const std::filesystem::path& folder, const ModelConfig& config) {
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

}  // namespace ampsft
