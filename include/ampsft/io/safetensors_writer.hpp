// SPDX-License-Identifier: MIT
/// @file
/// Writes safetensors files: atomically, with a checksum, the same bytes for the same contents.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/tensor_progress.hpp>

#include <algorithm>
#include <array>
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
  void set_metadata(const std::string& key, std::string value) {
    require(key != detail::checksum_key, "the metadata key ", detail::quoted(key), " is the writer's own");
    metadata_[key] = std::move(value);
  }

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
  void write(const std::filesystem::path& path, const OnTensors& on_tensors = nullptr) const {
    std::vector<const Item*> items;
    for (const Item& item : items_) {
      items.push_back(&item);
    }
    std::stable_sort(items.begin(), items.end(),
                     [](const Item* a, const Item* b) { return dtype_bytes(a->dtype) > dtype_bytes(b->dtype); });

    const std::string zeros = detail::checksum_digits(0);
    Checksum checksum = detail::begin_safetensors_checksum(header_text(items, path, zeros), zeros);
    for_each_piece(items, "hashed", on_tensors, [&](std::span<const std::byte> piece) { checksum.update(piece); });

    const std::string text = header_text(items, path, detail::checksum_digits(checksum.value()));
    const std::uint64_t text_size = text.size();
    write_atomically(path, [&](AtomicFile& file) {
      file.write(std::as_bytes(std::span(&text_size, 1)));
      file.write(text);
      for_each_piece(items, "written", on_tensors, [&](std::span<const std::byte> piece) { file.write(piece); });
    });
  }

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

  void add_view(const std::string& name, DType dtype, std::vector<Index> shape, Values values, std::size_t count) {
    const std::string source = concat("tensor ", detail::quoted(name));
    require(name != "__metadata__", source, ": the format keeps this name for itself");
    require(!names_.contains(name), source, " was added before; names must differ");
    require(detail::checked_size(shape, source) == static_cast<Index>(count), source, ": the shape ",
            detail::shape_text(shape), " does not fit ", count, " values");
    names_.insert(name);
    items_.push_back({name, dtype, std::move(shape), values, count});
  }

  /// JSON padded with spaces so that the data begins on a multiple of 8 bytes.
  template <class Json = nlohmann::json>
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

template <class Json>
std::string SafetensorsWriter::header_text(std::span<const Item* const> items, const std::filesystem::path& path,
                                           const std::string& digits) const {
  Json root = Json::object();
  root["__metadata__"] = metadata_;
  root["__metadata__"][std::string(detail::checksum_key)] = digits;
  std::size_t begin = 0;
  for (const Item* item : items) {
    const std::size_t end = begin + item->count * dtype_bytes(item->dtype);
    root[item->name] = {{"dtype", std::string(dtype_name(item->dtype))},
                        {"shape", item->shape},
                        {"data_offsets", std::array<std::size_t, 2>{begin, end}}};
    begin = end;
  }
  std::string text;
  try {
    text = json_text(root);
  } catch (const Error&) {
    fail("cannot write ", path, ": a tensor's name or the metadata is not valid UTF-8");
  }
  require(text.size() <= detail::safetensors_header_limit, "cannot write ", path, ": ", items.size(),
          " names make a header larger than the format allows");
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}
AMPSFT_INSTANCE(std::string SafetensorsWriter::header_text<nlohmann::json>(std::span<const Item* const>,
                                                                           const std::filesystem::path&,
                                                                           const std::string&) const);

}  // namespace ampsft
