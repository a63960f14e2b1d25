// SPDX-License-Identifier: MIT
/// @file
/// The config of a model in a Hugging Face folder, from its config.json, and back.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/dtype.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/families.hpp>

#include <filesystem>
#include <string_view>

namespace ampsft {

namespace detail {

/// The name that config.json has for a format of tensors.
[[nodiscard]] constexpr std::string_view torch_dtype(DType dtype) noexcept {
  return dtype == DType::bf16  ? "bfloat16"
         : dtype == DType::f16 ? "float16"
         : dtype == DType::f64 ? "float64"
                               : "float32";
}

}  // namespace detail

/// The config in `folder/config.json`; end-of-text ids come from `generation_config.json` where there is one.
///
/// Throws `Error` with the file for a missing or broken one, an architecture that is not supported (with the list of
/// those that are), quantised weights, and for any member that is not understood, by its name.
[[nodiscard]] AMPSFT_HEADER_INLINE ModelConfig read_huggingface_config(const std::filesystem::path& folder);

/// What config.json says of a model, so that transformers and `read_huggingface_config` compute what `config` means;
/// `dtype` is that of the tensors beside it.
///
/// Throws `Error` for what such a file cannot say: a model of no family, frequency factors that a GGUF file carries,
/// and, by the field's name, whatever the class of the family does not compute. What was written is read again and
/// compared.
[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json huggingface_config_json(const ModelConfig& config, DType dtype);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/huggingface_config_inl.hpp>
#endif
