// SPDX-License-Identifier: MIT
/// @file
/// The tensors of a model that lies in one safetensors file or in many shards.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/shard_list.hpp>
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

/// Every tensor of a model by name, memory-mapped, whichever file it lies in; can be moved, not copied.
///
/// `path` is a safetensors file, an index (`*.safetensors.index.json`), or a folder: with an index the files that it
/// names, without one all `*.safetensors` in it. Opening reads headers only. Throws `Error` that names the file, and
/// the tensor where there is one: as `SafetensorsFile` does; for an index whose shard is not there, that puts a tensor
/// into a shard which lacks it, or that leaves a tensor or a part of the series out; for a part of
/// `NAME-00001-of-00003.safetensors` that is missing; for a tensor that two files hold.
/// Source: the layout of Hugging Face's sharded checkpoints.
class ModelTensors {
 public:
  explicit ModelTensors(const std::filesystem::path& path);

  /// Names of all tensors in natural order (`layers.2` before `layers.10`), the same however they are sharded.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// The files in their order.
  [[nodiscard]] const std::vector<SafetensorsFile>& files() const noexcept { return files_; }

  [[nodiscard]] bool contains(const std::string& name) const { return file_of_.contains(name); }

  /// The file that holds the tensor; throws `Error` for a name that is not there, with the nearest names.
  [[nodiscard]] const SafetensorsFile& file(const std::string& name) const;

  /// Bytes, shape and format; throws as `SafetensorsFile::info` and `file` do.
  [[nodiscard]] TensorInfo info(const std::string& name) const { return file(name).info(name); }

  /// Whether the tensor is a matrix with elements, in a format of floating-point numbers that can be read.
  [[nodiscard]] bool is_matrix(const std::string& name) const;

  /// The rows of a matrix (outputs x inputs), in place; valid as long as this object. Throws `Error` unless the tensor
  /// has rank 2 and a floating-point format.
  template <Scalar T>
  [[nodiscard]] RowBlock<T> rows(const std::string& name) const {
    const TensorInfo tensor = info(name);
    require(tensor.shape.size() == 2, file(name).path(), ": tensor ", detail::quoted(name), " has the shape ",
            detail::shape_text(tensor.shape), "; a matrix needs two extents");
    return RowBlock<T>(name, tensor.dtype, tensor.bytes, tensor.shape[0], tensor.shape[1]);
  }

  /// Gives the memory of the tensor's bytes back to the system; they are read again when they are touched again.
  void release(const std::string& name) const { file(name).file().release(info(name).bytes); }

  /// Bytes of all files.
  [[nodiscard]] std::size_t file_bytes() const noexcept;

 private:
  void add_file(SafetensorsFile&& file, const detail::ShardList& list);

  std::vector<SafetensorsFile> files_;
  std::unordered_map<std::string, std::size_t> file_of_;
  std::vector<std::string> names_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/model_tensors_inl.hpp>
#endif
