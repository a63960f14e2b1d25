// SPDX-License-Identifier: MIT
/// @file
/// A LoRA adapter as a PEFT folder that remembers its base and its training.
#pragma once

#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/core/instances.hpp>

#include <filesystem>
#include <string>
#include <system_error>

namespace ampsft {

namespace detail {

inline constexpr const char* peft_remarks = "ampsft.json";  // PEFT reads no file of that name

}  // namespace detail

/// Whether a path is a PEFT folder.
[[nodiscard]] AMPSFT_HEADER_INLINE bool is_peft_folder(const std::filesystem::path& path);

/// Writes what `export_peft` writes, and `ampsft.json` with the hash of the base and the summary of the training.
/// Throws as that.
template <Scalar T>
void save_lora(const std::filesystem::path& folder, const LoraAdapter<T>& adapter, const ModelConfig& config,
               const PeftOptions& options);

/// Reads a PEFT LoRA folder for a model of this config, with what `save_lora` wrote beside it, if that is there. Throws
/// `Error` as `read_peft`, and if `ampsft.json` is damaged.
template <Scalar T = float>
[[nodiscard]] LoraAdapter<T> load_lora(const std::filesystem::path& folder, const ModelConfig& config);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/peft_folder_inl.hpp>
#endif
