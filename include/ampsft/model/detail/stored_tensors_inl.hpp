// SPDX-License-Identifier: MIT
/// @file
/// Bodies of stored_tensors.hpp.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/model/detail/stored_tensors.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE StoredTensors::StoredTensors(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    config_ = read_huggingface_config(path);
    tensors_.emplace(open_folder_tensors(path));
    index(find_tensors(config_, *tensors_));
  } else {
    gguf_.emplace(path);
    config_ = read_gguf_config(*gguf_);
    index(find_tensors(config_, *gguf_));
  }
}

AMPSFT_HEADER_INLINE const TensorSource& StoredTensors::source(const std::string& parameter) const {
  const auto found = sources_.find(parameter);
  require(found != sources_.end(), path_, ": no tensor belongs to ", parameter);
  return found->second;
}

AMPSFT_HEADER_INLINE std::optional<StoredRows> StoredTensors::rows_in_place(const std::string& parameter) const {
  const TensorSource& tensor = source(parameter);
  return tensor.offset == 0 ? rows_as_stored(tensor) : std::nullopt;
}

AMPSFT_HEADER_INLINE std::optional<StoredRows> StoredTensors::rows_as_stored(const TensorSource& tensor) const {
  const auto format = format_of(tensor);
  if (tensor.transposed || !format) {
    return std::nullopt;
  }
  const Index cols = tensor.shape.back();
  const Index rows = row_count(tensor);
  // the part of a vector begins at an element, that of a matrix at a row
  const std::size_t before = tensor.shape.size() == 1
                                 ? row_bytes(*format, tensor.first)
                                 : static_cast<std::size_t>(tensor.first) * row_bytes(*format, cols);
  return StoredRows{
      *format, bytes_of(tensor).subspan(before, static_cast<std::size_t>(rows) * row_bytes(*format, cols)), rows, cols};
}

AMPSFT_HEADER_INLINE Index StoredTensors::row_count(const TensorSource& tensor) {
  return tensor.shape.size() == 1 ? 1 : tensor.shape[0];
}

AMPSFT_HEADER_INLINE void StoredTensors::index(std::vector<TensorSource> sources) {
  for (TensorSource& tensor : sources) {
    check_type(tensor);
    std::string name = tensor.name;
    sources_.emplace(std::move(name), std::move(tensor));
  }
}

AMPSFT_HEADER_INLINE void StoredTensors::check_type(const TensorSource& tensor) const {
  if (gguf_) {
    static_cast<void>(gguf_->info(tensor.source));
  } else {
    require(tensors_->info(tensor.source).dtype != DType::i64, tensors_->file(tensor.source).path(), ": tensor ",
            quoted(tensor.source), " holds integers, but ", tensor.name, " needs floating-point numbers");
  }
}

AMPSFT_HEADER_INLINE std::optional<BlockFormat> StoredTensors::format_of(const TensorSource& tensor) const {
  if (gguf_) {
    return gguf_->info(tensor.source).format;
  }
  switch (tensors_->info(tensor.source).dtype) {
    case DType::f32:
      return BlockFormat::f32;
    case DType::f16:
      return BlockFormat::f16;
    case DType::bf16:
      return BlockFormat::bf16;
    default:
      return std::nullopt;
  }
}

AMPSFT_HEADER_INLINE std::span<const std::byte> StoredTensors::bytes_of(const TensorSource& tensor) const {
  return gguf_ ? gguf_->info(tensor.source).bytes : tensors_->info(tensor.source).bytes;
}

AMPSFT_HEADER_INLINE void StoredTensors::release(const TensorSource& tensor) const {
  if (gguf_) {
    gguf_->file().release(bytes_of(tensor));
  } else {
    tensors_->release(tensor.source);
  }
}

}  // namespace ampsft::detail
