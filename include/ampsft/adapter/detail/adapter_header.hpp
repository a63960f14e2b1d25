// SPDX-License-Identifier: MIT
/// @file
/// The metadata of an adapter's file, of every version that was ever written.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/parameterization/score.hpp>

#include <charconv>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

inline constexpr const char* adapter_key = "ampsft.adapter";
inline constexpr Index adapter_version = 1;

struct AdapterBasis {
  std::string kind;
  Index rank;
  std::string hash;  // "" if it is not known
};

struct AdapterMatrix {
  std::vector<std::string> weights;
  Index width;
};

struct AdapterHeader {
  ScoreForm form = ScoreForm::exact_start;
  std::string base = {};  // hash, or "" if it is not known
  nlohmann::json training = nlohmann::json::object();
  std::string basis_file = {};
  std::string precision = {};  // of the numbers that the hashes were made of
  std::map<Index, AdapterBasis> bases = {};
  std::vector<AdapterMatrix> matrices = {};
};

/// The name of a file in the same folder; throws for a path to anywhere else.
[[nodiscard]] AMPSFT_HEADER_INLINE const std::string& checked_file_name(const std::string& name,
                                                                        const std::string& source);

[[nodiscard]] inline std::string form_name(ScoreForm form) {
  return form == ScoreForm::exact_start ? "exact_start" : "truncated";
}

[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json to_json(const AdapterHeader& header);

[[nodiscard]] AMPSFT_HEADER_INLINE ScoreForm form_from(const std::string& name, const std::string& source);

/// A positive whole number that is a member's name.
[[nodiscard]] AMPSFT_HEADER_INLINE Index width_from(const std::string& text, const std::string& source);

/// Version 0: one list of targets, scores and bases in one file, nothing shared, no hashes. Ranks and widths are those
/// of the tensors.
AMPSFT_HEADER_INLINE void read_version_0(const nlohmann::json& json, const SafetensorsFile& file,
                                         AdapterHeader& header);

AMPSFT_HEADER_INLINE void read_version_1(const nlohmann::json& json, const SafetensorsFile& file,
                                         AdapterHeader& header);

/// Throws `Error` that names the file if it is no adapter, of a later version, or its metadata cannot be.
[[nodiscard]] AMPSFT_HEADER_INLINE AdapterHeader read_adapter_header(const SafetensorsFile& file);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/adapter_header_inl.hpp>
#endif
