// SPDX-License-Identifier: MIT
/// @file
/// How the files of a model are found.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/natural_order.hpp>
#include <ampsft/io/detail/shard_list.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::optional<ShardName> parse_shard_name(std::string_view file) {
  constexpr std::string_view suffix = ".safetensors";
  if (!file.ends_with(suffix)) {
    return std::nullopt;
  }
  file.remove_suffix(suffix.size());
  const auto take = [&file](std::string_view before, std::size_t& value) {
    const std::size_t digits = file.find_last_not_of("0123456789") + 1;
    const auto result = std::from_chars(file.data() + digits, file.data() + file.size(), value);
    const bool good = result.ec == std::errc{} && file.substr(0, digits).ends_with(before);
    file = file.substr(0, good ? digits - before.size() : 0);
    return good;
  };
  ShardName name;
  if (!take("-of-", name.parts) || !take("-", name.part) || name.part < 1 || name.part > name.parts) {
    return std::nullopt;
  }
  name.series = std::string(file);
  return name;
}

AMPSFT_HEADER_INLINE std::vector<std::string> files_ending(const std::filesystem::path& folder,
                                                           std::string_view ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.ends_with(ending) && !name.starts_with('.')) {
      names.push_back(std::move(name));
    }
  }
  require(!error, "cannot list the folder ", folder, ": ", error.message());
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

AMPSFT_HEADER_INLINE ShardList read_shard_index(const std::filesystem::path& path) {
  ShardList list{.files = {}, .weight_map = {}, .index = path};
  const nlohmann::json root = parse_json(read_text(path), concat(path), 16);
  const auto weight_map = root.is_object() ? root.find("weight_map") : root.end();
  require(root.is_object() && weight_map != root.end() && weight_map->is_object() && !weight_map->empty(), path,
          " is no index of shards: it has no weight_map that names tensors");
  std::vector<std::string> names;
  for (const auto& [tensor, file] : weight_map->items()) {
    require(file.is_string(), path, ": the file of tensor ", quoted(tensor), " is not a string");
    auto name = file.get<std::string>();
    require(std::filesystem::path(name).filename() == name && name != "." && name != "..", path, ": the file ",
            quoted(name), " of tensor ", quoted(tensor), " must be a plain name in the same folder");
    names.push_back(name);
    list.weight_map.emplace(tensor, std::move(name));
  }
  std::sort(names.begin(), names.end(), natural_less);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    const auto file = path.parent_path() / name;
    std::error_code ignored;
    require(std::filesystem::exists(file, ignored), path, " names the shard ", quoted(name),
            ", which is not beside it; fetch it, or write the index anew");
    list.files.push_back(file);
  }
  return list;
}

AMPSFT_HEADER_INLINE void require_whole_series(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names,
                                               const std::vector<std::string>& known,
                                               const std::filesystem::path& index) {
  std::map<std::pair<std::string, std::size_t>, std::vector<bool>> series;
  for (const std::string& name : names) {
    const auto shard = parse_shard_name(name);
    if (!shard) {
      continue;
    }
    require(index.empty() || std::find(known.begin(), known.end(), name) != known.end(), index,
            " does not name the shard ", quoted(name), " that lies beside it; move that file away, or write the index ",
            "anew");
    require(shard->parts <= 100'000, folder, ": the name ", quoted(name), " claims more parts than can be");
    auto& there = series[{shard->series, shard->parts}];
    there.resize(shard->parts, false);
    there[shard->part - 1] = true;
  }
  for (const auto& [key, there] : series) {
    const auto missing = std::find(there.begin(), there.end(), false);
    require(missing == there.end(), folder, ": part ", missing - there.begin() + 1, " of the ", there.size(),
            " parts of ", quoted(key.first), " is missing; fetch it first");
  }
}

AMPSFT_HEADER_INLINE ShardList list_shards(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  require(std::filesystem::exists(status), "there is no file or folder ", path);
  if (!std::filesystem::is_directory(status)) {
    return path.filename().string().ends_with(".index.json")
               ? read_shard_index(path)
               : ShardList{.files = {path}, .weight_map = {}, .index = {}};
  }
  const auto indices = files_ending(path, ".safetensors.index.json");
  require(indices.size() <= 1, "the folder ", path, " holds ", indices.size(), " indices of shards, ",
          quoted(indices.empty() ? "" : indices.front()), " among them; name the one that is meant");
  const auto names = files_ending(path, ".safetensors");
  ShardList list;
  if (!indices.empty()) {
    list = read_shard_index(path / indices.front());
    std::vector<std::string> known;
    for (const auto& file : list.files) {
      known.push_back(file.filename().string());
    }
    require_whole_series(path, names, known, list.index);
    return list;
  }
  require(!names.empty(), "the folder ", path, " holds no *.safetensors file and no *.safetensors.index.json");
  require_whole_series(path, names, {}, {});
  for (const std::string& name : names) {
    list.files.push_back(path / name);
  }
  return list;
}

}  // namespace ampsft::detail
