// SPDX-License-Identifier: MIT
/// @file
/// Sampling defaults and chat template of a Hugging Face folder.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/read_text.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace ampsft {

/// Settings of `generation_config.json`; missing ones are empty.
struct GenerationDefaults {
  std::optional<bool> sample;  ///< false: always the most likely token
  std::optional<double> temperature;
  std::optional<Index> top_k;
  std::optional<double> top_p;
  std::optional<double> repetition_penalty;
};

namespace detail {

/// The parsed file; none if it does not exist.
[[nodiscard]] AMPSFT_HEADER_INLINE std::optional<nlohmann::json> read_json_if_there(const std::filesystem::path& path);

}  // namespace detail

/// The defaults of a folder; all empty without a `generation_config.json`. Throws `Error` with the file if it is broken
/// or holds invalid numbers.
[[nodiscard]] AMPSFT_HEADER_INLINE GenerationDefaults read_generation_defaults(const std::filesystem::path& folder);

/// The (Jinja) chat template in `chat_template.jinja` or `tokenizer_config.json`; none if there is neither. Of several
/// named ones, "default" counts. Throws `Error` with the file if it is broken.
[[nodiscard]] AMPSFT_HEADER_INLINE std::optional<std::string> read_chat_template(const std::filesystem::path& folder);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/generate/detail/generation_defaults_inl.hpp>
#endif
