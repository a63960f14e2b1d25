// SPDX-License-Identifier: MIT
/// @file
/// The tensors of a pretrained model by the library's names, whichever kind of file they lie in.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/model_tensors.hpp>
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

/// The rows of a stored tensor that belong to one parameter, in a format that `dequantize` reads.
struct StoredRows {
  BlockFormat format;
  std::span<const std::byte> bytes;
  Index rows;
  Index cols;
};

/// An open model: its config, and its tensors, all of whose names and shapes were checked.
class StoredTensors {
 public:
  /// A folder of Hugging Face's layout or a GGUF file.
  explicit StoredTensors(const std::filesystem::path& path) : path_(path) {
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

  [[nodiscard]] const ModelConfig& config() const noexcept { return config_; }

  [[nodiscard]] const TensorSource& source(const std::string& parameter) const {
    const auto found = sources_.find(parameter);
    require(found != sources_.end(), path_, ": no tensor belongs to ", parameter);
    return found->second;
  }

  /// The parameter's rows where they lie; none where they must be transposed or changed, or are in
  /// F64.
  [[nodiscard]] std::optional<StoredRows> rows_in_place(const std::string& parameter) const {
    const TensorSource& tensor = source(parameter);
    return tensor.offset == 0 ? rows_as_stored(tensor) : std::nullopt;
  }

  /// The parameter's values into `matrix`, which has its shape; gives the memory of the file's pages back.
  template <Scalar T>
  void read(const std::string& parameter, Matrix<T>& matrix) const {
    const TensorSource& tensor = source(parameter);
    const Index height = row_count(tensor);
    require(rows(matrix) == height && cols(matrix) == tensor.shape.back(), path_, ": tensor ", quoted(tensor.source),
            " holds ", height, " x ", tensor.shape.back(), " numbers for ", parameter, ", but the model has ",
            rows(matrix), " x ", cols(matrix));
    if (const auto stored = rows_as_stored(tensor)) {
      const std::size_t size = row_bytes(stored->format, stored->cols);
      parallel_for(height, 16, [&](Index begin, Index end) {
        const auto count = static_cast<std::size_t>(end - begin);
        dequantize(stored->format, stored->bytes.subspan(static_cast<std::size_t>(begin) * size, count * size),
                   std::span<T>(matrix.data() + begin * stored->cols, count * static_cast<std::size_t>(stored->cols)));
      });
    } else if (tensor.transposed) {
      transpose(tensor, matrix);
    } else {  // F64
      const Index before = tensor.first * (tensor.shape.size() == 1 ? 1 : cols(matrix));
      decode(
          DType::f64,
          bytes_of(tensor).subspan(static_cast<std::size_t>(before) * sizeof(double), matrix.size() * sizeof(double)),
          matrix.data());
    }
    if (tensor.offset != 0) {
      map(matrix).array() += static_cast<T>(tensor.offset);
    }
    release(tensor);
  }

 private:
  [[nodiscard]] std::optional<StoredRows> rows_as_stored(const TensorSource& tensor) const {
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
    return StoredRows{*format,
                      bytes_of(tensor).subspan(before, static_cast<std::size_t>(rows) * row_bytes(*format, cols)), rows,
                      cols};
  }

  [[nodiscard]] static Index row_count(const TensorSource& tensor) {
    return tensor.shape.size() == 1 ? 1 : tensor.shape[0];
  }

  void index(std::vector<TensorSource> sources) {
    for (TensorSource& tensor : sources) {
      check_type(tensor);
      std::string name = tensor.name;
      sources_.emplace(std::move(name), std::move(tensor));
    }
  }

  /// A type that cannot be read is refused before anything is.
  void check_type(const TensorSource& tensor) const {
    if (gguf_) {
      static_cast<void>(gguf_->info(tensor.source));
    } else {
      require(tensors_->info(tensor.source).dtype != DType::i64, tensors_->file(tensor.source).path(), ": tensor ",
              quoted(tensor.source), " holds integers, but ", tensor.name, " needs floating-point numbers");
    }
  }

  [[nodiscard]] std::optional<BlockFormat> format_of(const TensorSource& tensor) const {
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

  [[nodiscard]] std::span<const std::byte> bytes_of(const TensorSource& tensor) const {
    return gguf_ ? gguf_->info(tensor.source).bytes : tensors_->info(tensor.source).bytes;
  }

  /// Conv1D: columns of the stored matrix are rows here. A few stored rows at a time.
  template <Scalar T>
  void transpose(const TensorSource& tensor, Matrix<T>& matrix) const {
    constexpr Index panel = 64;
    const RowBlock<T> stored = tensors_->rows<T>(tensor.source);
    Matrix<T> buffer;
    for (Index first = 0; first < stored.rows(); first += panel) {
      const Index count = std::min(panel, stored.rows() - first);
      const auto part = stored.read(first, count, buffer);
      map(matrix).middleCols(first, count) = part.middleCols(tensor.first, rows(matrix)).transpose();
    }
  }

  void release(const TensorSource& tensor) const {
    if (gguf_) {
      gguf_->file().release(bytes_of(tensor));
    } else {
      tensors_->release(tensor.source);
    }
  }

  std::filesystem::path path_;
  ModelConfig config_;
  std::optional<ModelTensors> tensors_;
  std::optional<GgufFile> gguf_;
  std::map<std::string, TensorSource> sources_;
};

}  // namespace ampsft::detail
