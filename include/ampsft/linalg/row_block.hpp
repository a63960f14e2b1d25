// SPDX-License-Identifier: MIT
/// @file
/// A matrix of a stack of rows, wherever it lies and in whatever format it is stored.
#pragma once

#include <ampsft/core/dtype.hpp>
#include <ampsft/core/tensor.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace ampsft {

/// `n x d` rows that are read as `T`, with a name for messages; the memory must outlive it.
///
/// Memory may be a mapped file: it is only read, in order, and need not be aligned. Rows in a format that only their
/// owner knows, a quantised one say, come from a function.
template <Scalar T>
class RowBlock {
 public:
  /// Writes rows `first` to `first + count`, one after the other, to `to`; several threads may call it at once.
  using Reader = std::function<void(Index first, Index count, T* to)>;

  /// Rows in memory, any distance apart.
  RowBlock(std::string name, const ConstStridedMap<T>& rows)
      : name_(std::move(name)),
        dtype_(dtype_of<T>),
        bytes_(reinterpret_cast<const std::byte*>(rows.data())),
        rows_(rows.rows()),
        cols_(rows.cols()),
        row_bytes_(rows.outerStride() * static_cast<Index>(sizeof(T))) {}

  RowBlock(std::string name, const ConstMatrixMap<T>& rows)
      : RowBlock(std::move(name),
                 ConstStridedMap<T>(rows.data(), rows.rows(), rows.cols(), Eigen::OuterStride<>(rows.cols()))) {}

  RowBlock(std::string name, const MatrixMap<T>& rows)
      : RowBlock(std::move(name), ConstMatrixMap<T>(rows.data(), rows.rows(), rows.cols())) {}

  /// Rows without a name: messages call them "matrix".
  RowBlock(const ConstMatrixMap<T>& rows) : RowBlock("matrix", rows) {}  // NOLINT(google-explicit-constructor)
  RowBlock(const MatrixMap<T>& rows)                                     // NOLINT(google-explicit-constructor)
      : RowBlock("matrix", rows) {}

  /// Stored rows, one after the other without gaps, at any address; throws unless `bytes` are exactly
  /// `rows x cols` elements of a floating-point format.
  RowBlock(std::string name, DType dtype, std::span<const std::byte> bytes, Index rows, Index cols)
      : name_(std::move(name)), dtype_(dtype), bytes_(bytes.data()), rows_(rows), cols_(cols) {
    require(dtype != DType::i64, "matrix '", name_, "' holds integers (I64); rows must be floating-point numbers");
    require(rows >= 0 && cols >= 0, "matrix '", name_, "' cannot have ", rows, " x ", cols, " elements");
    const auto size = static_cast<Index>(dtype_bytes(dtype));
    require(cols <= static_cast<Index>(bytes.size()) / size || rows == 0, "matrix '", name_, "' has ", bytes.size(),
            " bytes, too few for a row of ", cols, " elements of ", dtype_name(dtype));
    require(cols == 0 || rows <= static_cast<Index>(bytes.size()) / size / cols, "matrix '", name_, "' has ",
            bytes.size(), " bytes, too few for ", rows, " x ", cols, " elements of ", dtype_name(dtype));
    row_bytes_ = rows == 0 ? 0 : cols * size;
    require(static_cast<Index>(bytes.size()) == rows * row_bytes_, "matrix '", name_, "' has ", bytes.size(),
            " bytes, but ", rows, " x ", cols, " elements of ", dtype_name(dtype), " are ", rows * row_bytes_);
  }

  /// Rows that a function gives, `rows x cols`; what it reads must outlive the block, or be kept by the function.
  /// Throws unless there is a function.
  RowBlock(std::string name, Index rows, Index cols, Reader reader)
      : name_(std::move(name)), bytes_(nullptr), reader_(std::move(reader)), rows_(rows), cols_(cols) {
    require(static_cast<bool>(reader_), "matrix '", name_, "' has no function that reads its rows");
    require(rows >= 0 && cols >= 0, "matrix '", name_, "' cannot have ", rows, " x ", cols, " elements");
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Index rows() const noexcept { return rows_; }
  [[nodiscard]] Index cols() const noexcept { return cols_; }

  /// The format in memory; that of `T` where a function gives the rows.
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }

  /// Whether `read` needs no buffer: rows stored as `T`, each at an address that suits it.
  [[nodiscard]] bool in_place() const noexcept {
    return !reader_ && dtype_ == dtype_of<T> && reinterpret_cast<std::uintptr_t>(bytes_) % alignof(T) == 0;
  }

  /// Rows `first` to `first + count` as `T`: where they are, or converted into `buffer`, which grows as needed and must
  /// then outlive the view. 16-bit formats convert exactly; F64 rounds to the nearest float. Throws unless the rows
  /// exist, and as the function that gives them.
  [[nodiscard]] ConstStridedMap<T> read(Index first, Index count, Matrix<T>& buffer) const {
    require(first >= 0 && count >= 0 && count <= rows_ - first, "matrix '", name_, "' has no rows ", first, " to ",
            first + count, " (it has ", rows_, ")");
    if (in_place()) {
      const std::byte* const from = bytes_ + first * row_bytes_;
      return {reinterpret_cast<const T*>(from), count, cols_,
              Eigen::OuterStride<>(row_bytes_ / static_cast<Index>(sizeof(T)))};
    }
    if (static_cast<Index>(buffer.size()) < count * cols_) {
      buffer = make_matrix<T>(count, cols_);
    }
    if (reader_) {
      reader_(first, count, buffer.data());
    } else {
      const auto bytes = static_cast<std::size_t>(cols_) * dtype_bytes(dtype_);
      for (Index row = 0; row < count; ++row) {
        detail::decode(dtype_, {bytes_ + (first + row) * row_bytes_, bytes}, buffer.data() + row * cols_);
      }
    }
    return {buffer.data(), count, cols_, Eigen::OuterStride<>(cols_)};
  }

 private:
  std::string name_;
  DType dtype_ = dtype_of<T>;
  const std::byte* bytes_;
  Reader reader_;  // or none, where `bytes_` are the rows
  Index rows_;
  Index cols_;
  Index row_bytes_ = 0;  // from row to row
};

}  // namespace ampsft
