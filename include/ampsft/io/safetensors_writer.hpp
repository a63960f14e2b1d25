// SPDX-License-Identifier: MIT
/// @file
/// Writes safetensors files: atomically, with a checksum, the same bytes for the same contents.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/tensor_progress.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ampsft {

/// Collects tensors and metadata, then writes them to one file.
///
/// The writer keeps views: **every matrix, every span of integers and every file's tensor added must live, unchanged,
/// until the last `write`**. Tensors are stored in the order in which they were added, widest elements first, so that
/// each is aligned for readers that map it. A checksum of the file (XXH64, see `Checksum`) goes into the metadata under
/// "ampsft.checksum".
class SafetensorsWriter {
 public:
  /// Both UTF-8; a later value of the same key replaces the earlier one.
  void set_metadata(const std::string& key, std::string value);

  /// A tensor of `shape` (row-major, its product the matrix's size), stored as `dtype`. Throws `Error` for a name that
  /// was added before, a shape of another size and for integers.
  template <Scalar T>
  void add(const std::string& name, DType dtype, const std::vector<Index>& shape, const Matrix<T>& values) {
    require(dtype != DType::i64, "tensor ", detail::quoted(name), ": numbers with fractions cannot be stored as I64");
    add_view(name, dtype, shape, std::span<const T>(values.data(), values.size()), values.size());
  }

  /// The same as a matrix of rank 2 in its own format.
  template <Scalar T>
  void add(const std::string& name, const Matrix<T>& values) {
    add(name, dtype_of<T>, {rows(values), cols(values)}, values);
  }

  template <Scalar T>
  void add(const std::string& name, DType dtype, std::vector<Index> shape, const Matrix<T>&& values) = delete;
  template <Scalar T>
  void add(const std::string& name, const Matrix<T>&& values) = delete;

  /// A tensor of 64-bit integers; throws as `add`.
  void add_integers(const std::string& name, std::vector<Index> shape, std::span<const std::int64_t> values) {
    add_view(name, DType::i64, std::move(shape), values, values.size());
  }

  /// A tensor of another file, byte by byte; throws as `add`.
  void add_stored(const std::string& name, const TensorInfo& tensor) {
    add_view(name, tensor.dtype, tensor.shape, tensor.bytes, tensor.bytes.size() / dtype_bytes(tensor.dtype));
  }

  void add_integers(const std::string& name, std::vector<Index> shape, std::vector<std::int64_t>&& values) = delete;

  /// Writes the file as `AtomicFile` does, in pieces of constant memory; the numbers are converted twice, once for the
  /// checksum ("hashed", then "written"). Throws `Error` when the file cannot be written or a name or metadata is not
  /// UTF-8.
  void write(const std::filesystem::path& path, const OnTensors& on_tensors = nullptr) const;

 private:
  using Values = std::variant<std::span<const float>, std::span<const double>, std::span<const std::int64_t>,
                              std::span<const std::byte>>;

  struct Item {
    std::string name;
    DType dtype;
    std::vector<Index> shape;
    Values values;
    std::size_t count;
  };

  void add_view(const std::string& name, DType dtype, std::vector<Index> shape, Values values, std::size_t count);

  /// JSON padded with spaces so that the data begins on a multiple of 8 bytes.
  [[nodiscard]] std::string header_text(std::span<const Item* const> items, const std::filesystem::path& path,
                                        const std::string& digits) const;

  /// Calls `sink` with the bytes of all items in order.
  template <class Sink>
  static void for_each_piece(std::span<const Item* const> items, std::string_view stage, const OnTensors& on_tensors,
                             Sink&& sink) {
    double bytes = 0.0;
    for (const Item* item : items) {
      bytes += static_cast<double>(item->count * dtype_bytes(item->dtype));
    }
    detail::TensorMeter meter(stage, static_cast<Index>(items.size()), bytes, on_tensors);
    for (const Item* item : items) {
      for_each_piece(*item, [&](std::span<const std::byte> piece) {
        sink(piece);
        meter.add(static_cast<double>(piece.size()));
      });
      meter.finish();
    }
  }

  template <class Sink>
  static void for_each_piece(const Item& item, Sink&& sink) {
    constexpr std::size_t most = std::size_t{1} << 20U;  // bytes of a piece
    std::vector<std::byte> buffer;
    const auto as_they_are = [&](std::span<const std::byte> bytes) {
      for (std::size_t i = 0; i < bytes.size(); i += most) {
        sink(bytes.subspan(i, std::min(most, bytes.size() - i)));
      }
    };
    std::visit(
        [&]<class T>(std::span<const T> values) {
          if constexpr (std::same_as<T, std::int64_t> || std::same_as<T, std::byte>) {
            as_they_are(std::as_bytes(values));
          } else if (item.dtype == dtype_of<T>) {
            as_they_are(std::as_bytes(values));
          } else {
            const std::size_t piece = most / dtype_bytes(DType::f64);
            for (std::size_t i = 0; i < values.size(); i += piece) {
              const auto part = values.subspan(i, std::min(piece, values.size() - i));
              buffer.resize(part.size() * dtype_bytes(item.dtype));
              detail::encode(item.dtype, part, buffer.data());
              sink(std::span<const std::byte>(buffer));
            }
          }
        },
        item.values);
  }

  std::map<std::string, std::string> metadata_;
  std::vector<Item> items_;
  std::set<std::string> names_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/safetensors_writer_inl.hpp>
#endif
