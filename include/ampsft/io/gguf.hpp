// SPDX-License-Identifier: MIT
/// @file
/// Reads GGUF files: metadata where it lies, tensors dequantised, in whole or in panels of rows.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/gguf_header.hpp>
#include <ampsft/io/mapped_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// What a GGUF file says about one tensor; the bytes belong to the `GgufFile` and may lie at any address.
struct GgufTensorInfo {
  BlockFormat format;
  std::vector<Index> shape;  ///< row-major, `{rows, cols}` for a matrix: the reverse of the order in the file
  std::span<const std::byte> bytes;
};

/// A memory-mapped GGUF file of version 2 or 3; can be moved, not copied.
///
/// Opening reads the head only and throws `Error`, naming the file and what is wrong, unless every tensor lies inside
/// of the file, fits its shape and type, and overlaps no other. Memory: a few hundred bytes a tensor, 100 a key.
/// Tensors of types that the library does not read may be present; asking for one throws and names those it does.
/// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
class GgufFile {
 public:
  explicit GgufFile(const std::filesystem::path& path)
      : file_(path),
        source_(std::make_unique<std::string>(concat(path))),
        header_(detail::parse_gguf_header(file_.bytes(), *source_)) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] const MappedFile& file() const noexcept { return file_; }
  [[nodiscard]] std::uint32_t version() const noexcept { return header_.version; }

  /// Keys of the metadata, in the file's order.
  [[nodiscard]] const std::vector<std::string_view>& keys() const noexcept { return header_.keys; }

  /// Null for a key that is not there.
  [[nodiscard]] const GgufValue* find(std::string_view key) const;

  /// Throws `Error` for a key that is not there, with the nearest keys.
  [[nodiscard]] const GgufValue& value(std::string_view key) const;

  /// Names of all tensors, in the file's order.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return header_.names; }
  [[nodiscard]] bool contains(const std::string& name) const { return header_.tensors.contains(name); }

  /// The tensor's shape, row-major, whether its type can be read or not; throws `Error` for a name that is not there.
  [[nodiscard]] const std::vector<Index>& shape(const std::string& name) const { return entry(name).shape; }

  /// Throws `Error` for a name that is not there, with the nearest names, and for a type that cannot be read.
  [[nodiscard]] GgufTensorInfo info(const std::string& name) const;

  /// The tensor as `1 x n` (rank 1) or `rows x cols` (rank 2), dequantised; throws `Error` for other ranks.
  template <Scalar T>
  [[nodiscard]] Matrix<T> read_matrix(const std::string& name) const {
    const GgufTensorInfo tensor = info(name);
    require(tensor.shape.size() <= 2, describe(name), " has the shape ", detail::shape_text(tensor.shape),
            "; a matrix needs one or two extents");
    Matrix<T> matrix = make_matrix<T>(tensor.shape.size() == 1 ? 1 : tensor.shape.front(), tensor.shape.back());
    dequantize(tensor.format, tensor.bytes, std::span<T>(matrix.data(), matrix.size()));
    return matrix;
  }

  /// Rows `first` to `first + rows(panel) - 1` of a matrix, dequantised into `panel`; throws `Error` unless the matrix
  /// has those rows and the panel's columns.
  template <Scalar T>
  void read_rows(const std::string& name, Index first, Matrix<T>& panel) const {
    const GgufTensorInfo tensor = info(name);
    const Index count = rows(panel);
    require(tensor.shape.size() == 2 && tensor.shape[1] == cols(panel), describe(name), " has the shape ",
            detail::shape_text(tensor.shape), ", but rows of ", cols(panel), " numbers are needed");
    require(first >= 0 && first <= tensor.shape[0] - count, describe(name), " has no rows ", first, " to ", first,
            " + ", count, " - 1; its shape is ", detail::shape_text(tensor.shape));
    const std::size_t size = row_bytes(tensor.format, cols(panel));
    dequantize(tensor.format,
               tensor.bytes.subspan(static_cast<std::size_t>(first) * size, static_cast<std::size_t>(count) * size),
               std::span<T>(panel.data(), panel.size()));
  }

 private:
  [[nodiscard]] std::string describe(const std::string& name) const {
    return concat(path(), ": tensor ", detail::quoted(name));
  }

  [[nodiscard]] const detail::GgufEntry& entry(const std::string& name) const;

  MappedFile file_;
  std::unique_ptr<std::string> source_;  // values point to it, so it must not move
  detail::GgufHeader header_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/gguf_inl.hpp>
#endif
