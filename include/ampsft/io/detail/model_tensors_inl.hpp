// SPDX-License-Identifier: MIT
/// @file
/// How the tensors of a model are found.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/natural_order.hpp>
#include <ampsft/io/detail/shard_list.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/linalg/row_block.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE ModelTensors::ModelTensors(const std::filesystem::path& path) {
  const detail::ShardList list = detail::list_shards(path);
  files_.reserve(list.files.size());
  for (const auto& file : list.files) {
    add_file(SafetensorsFile(file), list);
  }
  for (const auto& [tensor, file] : list.weight_map) {
    const auto found = file_of_.find(tensor);
    require(found != file_of_.end(), list.index, " puts tensor ", detail::quoted(tensor), " into ",
            detail::quoted(file), ", which does not hold it");
  }
  std::sort(names_.begin(), names_.end(), natural_less);
}

AMPSFT_HEADER_INLINE const SafetensorsFile& ModelTensors::file(const std::string& name) const {
  const auto found = file_of_.find(name);
  if (found == file_of_.end()) {
    fail("tensor ", detail::quoted(name), " is not in the model; ", detail::suggest_names(name, names_));
  }
  return files_[found->second];
}

AMPSFT_HEADER_INLINE bool ModelTensors::is_matrix(const std::string& name) const {
  const auto& stored = file(name).entry(name);
  const auto dtype = find_dtype(stored.dtype);
  return dtype && *dtype != DType::i64 && stored.shape.size() == 2 && stored.shape[0] > 0 && stored.shape[1] > 0;
}

AMPSFT_HEADER_INLINE std::size_t ModelTensors::file_bytes() const noexcept {
  std::size_t size = 0;
  for (const auto& file : files_) {
    size += file.file().bytes().size();
  }
  return size;
}

AMPSFT_HEADER_INLINE void ModelTensors::add_file(SafetensorsFile&& file, const detail::ShardList& list) {
  file.file().expect_sequential();
  for (const std::string& name : file.names()) {
    const auto [place, is_new] = file_of_.emplace(name, files_.size());
    require(is_new, file.path(), ": tensor ", detail::quoted(name), " lies in ",
            is_new ? file.path() : files_[place->second].path(), " as well; a model holds each name once");
    names_.push_back(name);
    if (!list.weight_map.empty()) {
      const auto listed = list.weight_map.find(name);
      require(listed != list.weight_map.end(), list.index, " leaves out tensor ", detail::quoted(name), " of ",
              file.path());
      require(listed->second == file.path().filename(), list.index, " puts tensor ", detail::quoted(name), " into ",
              detail::quoted(listed->second), ", but it lies in ", file.path().filename());
    }
  }
  files_.push_back(std::move(file));
}

}  // namespace ampsft
