// SPDX-License-Identifier: MIT
/// @file
/// Which safetensors files a model consists of, and whether all of them are there.
#pragma once

#include <ampsft/core/instances.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// The files of a model in their order; `weight_map` says which tensor lies in which file, and is empty without an
/// index.
struct ShardList {
  std::vector<std::filesystem::path> files;
  std::map<std::string, std::string> weight_map;
  std::filesystem::path index;
};

/// `model-00002-of-00005.safetensors` is part 2 of the 5 of "model".
struct ShardName {
  std::string series;
  std::size_t part = 0;
  std::size_t parts = 0;
};

[[nodiscard]] AMPSFT_HEADER_INLINE std::optional<ShardName> parse_shard_name(std::string_view file);

/// The names of the files in a folder that end so, in natural order.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<std::string> files_ending(const std::filesystem::path& folder,
                                                                         std::string_view ending);

/// Reads an index: a JSON object whose `weight_map` gives each tensor the name of a file in the same folder.
[[nodiscard]] AMPSFT_HEADER_INLINE ShardList read_shard_index(const std::filesystem::path& path);

/// Throws `Error` if files of one series are missing among `names`, or lie there but are not in `known`.
AMPSFT_HEADER_INLINE void require_whole_series(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names,
                                               const std::vector<std::string>& known,
                                               const std::filesystem::path& index);

/// The files of a model: `path` is a safetensors file, an index, or a folder with an index or with safetensors files.
[[nodiscard]] AMPSFT_HEADER_INLINE ShardList list_shards(const std::filesystem::path& path);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/shard_list_inl.hpp>
#endif
