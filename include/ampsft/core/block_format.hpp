// SPDX-License-Identifier: MIT
/// @file
/// The block formats of quantised tensors, as GGUF files store them.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ampsft {

/// Formats of stored rows that can be read; the first three hold one number a block.
enum class BlockFormat { f32, f16, bf16, q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q5_k, q6_k };

/// What one block takes: so many numbers in so many bytes.
struct BlockSize {
  std::size_t numbers;
  std::size_t bytes;
};

inline constexpr std::array<BlockFormat, 11> block_formats{
    BlockFormat::f32,  BlockFormat::f16,  BlockFormat::bf16, BlockFormat::q4_0, BlockFormat::q4_1, BlockFormat::q5_0,
    BlockFormat::q5_1, BlockFormat::q8_0, BlockFormat::q4_k, BlockFormat::q5_k, BlockFormat::q6_k};

/// The format's name in GGUF files.
[[nodiscard]] constexpr std::string_view block_format_name(BlockFormat format) noexcept {
  constexpr std::array<std::string_view, 11> names{"F32",  "F16",  "BF16", "Q4_0", "Q4_1", "Q5_0",
                                                   "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"};
  return names[static_cast<std::size_t>(format)];
}

[[nodiscard]] constexpr BlockSize block_size(BlockFormat format) noexcept {
  constexpr std::array<BlockSize, 11> sizes{
      {{1, 4}, {1, 2}, {1, 2}, {32, 18}, {32, 20}, {32, 22}, {32, 24}, {32, 34}, {256, 144}, {256, 176}, {256, 210}}};
  return sizes[static_cast<std::size_t>(format)];
}

[[nodiscard]] constexpr std::optional<BlockFormat> find_block_format(std::string_view name) noexcept {
  for (const BlockFormat format : block_formats) {
    if (block_format_name(format) == name) {
      return format;
    }
  }
  return std::nullopt;
}

/// "F32, F16, ...": for messages.
[[nodiscard]] inline std::string block_format_list() {
  std::string list;
  for (const BlockFormat format : block_formats) {
    list.append(list.empty() ? "" : ", ").append(block_format_name(format));
  }
  return list;
}

/// Bytes of a row of `count` numbers; throws `Error` unless they fill whole blocks.
[[nodiscard]] inline std::size_t row_bytes(BlockFormat format, Index count) {
  const BlockSize size = block_size(format);
  require(count >= 0 && static_cast<std::size_t>(count) % size.numbers == 0, "a row of ", count,
          " numbers does not fill whole blocks of ", block_format_name(format), ", which hold ", size.numbers, " each");
  return static_cast<std::size_t>(count) / size.numbers * size.bytes;
}

}  // namespace ampsft
