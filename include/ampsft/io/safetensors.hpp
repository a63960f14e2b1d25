// SPDX-License-Identifier: MIT
/// @file
/// Reads safetensors files, trusting nothing in them.
#pragma once

#include <ampsft/core/dtype.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/io/detail/safetensors_header.hpp>
#include <ampsft/io/mapped_file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// The checksum of a file whose header is `text`: of that text with the checksum's own digits as zeros, then the data.
[[nodiscard]] AMPSFT_HEADER_INLINE Checksum begin_safetensors_checksum(std::string_view text, std::string_view digits);

[[nodiscard]] AMPSFT_HEADER_INLINE std::string checksum_digits(std::uint64_t value);

}  // namespace detail

/// What a file says about one tensor; the bytes belong to the `SafetensorsFile` and may lie at any address.
struct TensorInfo {
  DType dtype;
  std::vector<Index> shape;
  std::span<const std::byte> bytes;
};

/// A memory-mapped safetensors file; can be moved, not copied.
///
/// Opening reads the header only and throws `Error`, naming the file and what is wrong, unless every tensor lies inside
/// of the file, fits its shape and dtype, and the tensors cover the data without overlap or gap.
/// Tensors of dtypes that the library does not read (U8, BOOL, ...) may be present; asking for one throws.
/// Format: https://github.com/huggingface/safetensors
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] const MappedFile& file() const noexcept { return file_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }

  /// Names of all tensors, in the order of their data.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] bool contains(const std::string& name) const { return entries_.contains(name); }

  /// The tensor's dtype as the file names it, readable or not, and its shape; throws `Error` for a name that is not
  /// there.
  [[nodiscard]] const detail::SafetensorsEntry& entry(const std::string& name) const;

  /// Throws `Error` for a name that is not there, with the nearest names, and for a dtype that cannot be read.
  [[nodiscard]] TensorInfo info(const std::string& name) const;

  /// The tensor as `1 x n` (rank 1) or `rows x cols` (rank 2), converted to `T`; throws `Error` for other ranks and
  /// for integers.
  template <Scalar T>
  [[nodiscard]] Matrix<T> read_matrix(const std::string& name) const {
    const TensorInfo tensor = info(name);
    require(tensor.shape.size() == 1 || tensor.shape.size() == 2, describe(name), " has the shape ",
            detail::shape_text(tensor.shape), "; a matrix needs one or two extents");
    Matrix<T> matrix = make_matrix<T>(tensor.shape.size() == 1 ? 1 : tensor.shape.front(), tensor.shape.back());
    decode(name, tensor, matrix.data());
    return matrix;
  }

  /// Converts the tensor into `values`, which has room for the product of `shape`, row-major. Throws `Error` with both
  /// shapes when the file has another one, and for integers.
  template <Scalar T>
  void read_into(const std::string& name, std::span<const Index> shape, T* values) const {
    const TensorInfo tensor = info(name);
    require(std::equal(shape.begin(), shape.end(), tensor.shape.begin(), tensor.shape.end()), describe(name),
            " has the shape ", detail::shape_text(tensor.shape), ", but ", detail::shape_text(shape), " is needed");
    decode(name, tensor, values);
  }

  /// The same for a whole matrix; a single row also takes a tensor of rank 1.
  template <Scalar T>
  void read_into(const std::string& name, Matrix<T>& matrix) const {
    const std::array<Index, 2> shape{rows(matrix), cols(matrix)};
    const bool vector = shape[0] == 1 && info(name).shape.size() == 1;
    read_into(name, std::span(shape).subspan(vector ? 1 : 0), matrix.data());
  }

  /// All elements of an I64 tensor of any shape; throws `Error` for other dtypes.
  [[nodiscard]] std::vector<std::int64_t> read_integers(const std::string& name) const;

  /// Reads the whole file and compares it with the checksum (XXH64 of header and data) that `SafetensorsWriter` left
  /// in the metadata. Returns whether there is one; throws `Error` when it differs.
  bool verify_checksum() const;

 private:
  [[nodiscard]] std::span<const std::byte> data() const noexcept {
    return file_.bytes().subspan(sizeof(std::uint64_t) + text_size_);
  }

  [[nodiscard]] std::string describe(const std::string& name) const {
    return concat(path(), ": tensor ", detail::quoted(name));
  }

  template <Scalar T>
  void decode(const std::string& name, const TensorInfo& tensor, T* values) const {
    require(tensor.dtype != DType::i64, describe(name), " holds integers; read it with read_integers");
    detail::decode(tensor.dtype, tensor.bytes, values);
  }

  MappedFile file_;
  std::map<std::string, std::string> metadata_;
  std::size_t text_size_ = 0;
  std::vector<std::string> names_;
  std::unordered_map<std::string, detail::SafetensorsEntry> entries_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/safetensors_inl.hpp>
#endif
