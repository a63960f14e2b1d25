// SPDX-License-Identifier: MIT
/// @file
/// How the header of an adapter's file is read and written.
#pragma once

#include <ampsft/adapter/detail/adapter_header.hpp>
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

AMPSFT_HEADER_INLINE const std::string& checked_file_name(const std::string& name, const std::string& source) {
  require(!name.empty() && name != "." && name != ".." && name.find_first_of("/\\:") == std::string::npos &&
              name.find('\0') == std::string::npos,
          source, ": the bases' file must be a name in the same folder, not ", quoted(name));
  return name;
}

AMPSFT_HEADER_INLINE nlohmann::json to_json(const AdapterHeader& header) {
  nlohmann::json json = {
      {"version", adapter_version},         {"form", form_name(header.form)}, {"base", header.base},
      {"training", header.training},        {"precision", header.precision},  {"bases", nlohmann::json::object()},
      {"matrices", nlohmann::json::array()}};
  if (!header.basis_file.empty()) {
    json["basis_file"] = header.basis_file;
  }
  for (const auto& [width, basis] : header.bases) {
    json["bases"][concat(width)] = {{"kind", basis.kind}, {"rank", basis.rank}, {"hash", basis.hash}};
  }
  for (const auto& [weights, width] : header.matrices) {
    json["matrices"].push_back({{"weights", weights}, {"width", width}});
  }
  return json;
}

AMPSFT_HEADER_INLINE ScoreForm form_from(const std::string& name, const std::string& source) {
  require(name == "exact_start" || name == "truncated", source, ": the form ", quoted(name),
          " is not known; there are exact_start and truncated");
  return name == "exact_start" ? ScoreForm::exact_start : ScoreForm::truncated;
}

AMPSFT_HEADER_INLINE Index width_from(const std::string& text, const std::string& source) {
  Index width = 0;
  const char* const end = text.data() + text.size();
  require(std::from_chars(text.data(), end, width).ptr == end && width > 0, source, ": ", quoted(text), " is no width");
  return width;
}

AMPSFT_HEADER_INLINE void read_version_0(const nlohmann::json& json, const SafetensorsFile& file,
                                         AdapterHeader& header) {
  for (const auto& [width_text, rank] : json.at("ranks").items()) {
    const Index width = width_from(width_text, concat(file.path()));
    header.bases.emplace(width, AdapterBasis{"given", rank.get_ref<const nlohmann::json::number_integer_t&>(), ""});
  }
  for (const auto& target : json.at("targets")) {
    header.matrices.push_back({{target.at("name").get<std::string>()}, integer_at(target, "width")});
  }
}

AMPSFT_HEADER_INLINE void read_version_1(const nlohmann::json& json, const SafetensorsFile& file,
                                         AdapterHeader& header) {
  header.base = json.at("base").get<std::string>();
  header.training = json.at("training");
  header.precision = json.at("precision").get<std::string>();
  if (json.contains("basis_file")) {
    header.basis_file = checked_file_name(json.at("basis_file").get<std::string>(), concat(file.path()));
  }
  for (const auto& [width_text, basis] : json.at("bases").items()) {
    const Index width = width_from(width_text, concat(file.path()));
    header.bases.emplace(width, AdapterBasis{basis.at("kind").get<std::string>(), integer_at(basis, "rank"),
                                             basis.at("hash").get<std::string>()});
  }
  for (const auto& matrix : json.at("matrices")) {
    header.matrices.push_back({matrix.at("weights").get<std::vector<std::string>>(), integer_at(matrix, "width")});
  }
}

AMPSFT_HEADER_INLINE AdapterHeader read_adapter_header(const SafetensorsFile& file) {
  constexpr int depth = 16;
  const auto text = file.metadata().find(adapter_key);
  require(text != file.metadata().end(), file.path(), " is no adapter: its metadata holds no ", quoted(adapter_key));
  const std::string source = concat(file.path(), ": its metadata ", quoted(adapter_key));
  const nlohmann::json json = parse_json(text->second, source, depth);
  AdapterHeader header;
  try {
    const Index version = integer_at(json, "version");
    require(version >= 0 && version <= adapter_version, file.path(), " is an adapter of version ", version,
            ", but this version of ampsft reads up to ", adapter_version, "; use a newer one");
    header.form = form_from(json.at("form").get<std::string>(), source);
    version == 0 ? read_version_0(json, file, header) : read_version_1(json, file, header);
  } catch (const nlohmann::json::exception& error) {
    fail(source, " is not what it should be (", one_line(error.what()), ")");
  }
  std::set<std::string> names;
  for (const auto& [weights, width] : header.matrices) {
    require(!weights.empty(), source, ": scores belong to no weight");
    for (const auto& name : weights) {
      require(names.insert(name).second, source, ": the weight ", quoted(name), " has scores twice");
    }
  }
  require(!header.matrices.empty(), source, ": there are no scores");
  return header;
}

}  // namespace ampsft::detail
