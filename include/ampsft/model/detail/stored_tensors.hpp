// SPDX-License-Identifier: MIT
/// @file
/// The tensors of a pretrained model by the library's names, whichever kind of file they lie in.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
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
  explicit StoredTensors(const std::filesystem::path& path);

  [[nodiscard]] const ModelConfig& config() const noexcept { return config_; }

  [[nodiscard]] const TensorSource& source(const std::string& parameter) const;

  /// The parameter's rows where they lie; none where they must be transposed or changed, or are in
  /// F64.
  [[nodiscard]] std::optional<StoredRows> rows_in_place(const std::string& parameter) const;

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
  [[nodiscard]] std::optional<StoredRows> rows_as_stored(const TensorSource& tensor) const;

  [[nodiscard]] static Index row_count(const TensorSource& tensor);

  void index(std::vector<TensorSource> sources);

  /// A type that cannot be read is refused before anything is.
  void check_type(const TensorSource& tensor) const;

  [[nodiscard]] std::optional<BlockFormat> format_of(const TensorSource& tensor) const;

  [[nodiscard]] std::span<const std::byte> bytes_of(const TensorSource& tensor) const;

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

  void release(const TensorSource& tensor) const;

  std::filesystem::path path_;
  ModelConfig config_;
  std::optional<ModelTensors> tensors_;
  std::optional<GgufFile> gguf_;
  std::map<std::string, TensorSource> sources_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/stored_tensors_inl.hpp>
#endif
