// SPDX-License-Identifier: MIT
/// @file
/// The numbers by which GGUF files name kinds of metadata and formats of tensors.
#pragma once

#include <ampsft/core/block_format.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ampsft {

/// Kinds of metadata, with their numbers in the file.
enum class GgufKind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

namespace detail {

inline constexpr std::uint32_t gguf_kind_count = 13;

[[nodiscard]] constexpr std::string_view gguf_kind_name(GgufKind kind) noexcept {
  constexpr std::array<std::string_view, gguf_kind_count> names{"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                                "bool", "string", "array", "u64", "i64", "f64"};
  return names[static_cast<std::size_t>(kind)];
}

/// Bytes of one value; 0 for strings and arrays, which say their own length.
[[nodiscard]] constexpr std::size_t gguf_kind_bytes(GgufKind kind) noexcept {
  constexpr std::array<std::size_t, gguf_kind_count> sizes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return sizes[static_cast<std::size_t>(kind)];
}

struct GgufTensorType {
  std::uint32_t number;
  std::string_view name;
  BlockSize size;
};

/// Every format that files may name, those that the library does not read included: their tensors take room too.
/// Source: `enum ggml_type` and the block sizes of ggml.
inline constexpr std::array<GgufTensorType, 32> gguf_tensor_types{
    {{0, "F32", {1, 4}},         {1, "F16", {1, 2}},         {2, "Q4_0", {32, 18}},      {3, "Q4_1", {32, 20}},
     {6, "Q5_0", {32, 22}},      {7, "Q5_1", {32, 24}},      {8, "Q8_0", {32, 34}},      {9, "Q8_1", {32, 36}},
     {10, "Q2_K", {256, 84}},    {11, "Q3_K", {256, 110}},   {12, "Q4_K", {256, 144}},   {13, "Q5_K", {256, 176}},
     {14, "Q6_K", {256, 210}},   {15, "Q8_K", {256, 292}},   {16, "IQ2_XXS", {256, 66}}, {17, "IQ2_XS", {256, 74}},
     {18, "IQ3_XXS", {256, 98}}, {19, "IQ1_S", {256, 50}},   {20, "IQ4_NL", {32, 18}},   {21, "IQ3_S", {256, 110}},
     {22, "IQ2_S", {256, 82}},   {23, "IQ4_XS", {256, 136}}, {24, "I8", {1, 1}},         {25, "I16", {1, 2}},
     {26, "I32", {1, 4}},        {27, "I64", {1, 8}},        {28, "F64", {1, 8}},        {29, "IQ1_M", {256, 56}},
     {30, "BF16", {1, 2}},       {34, "TQ1_0", {256, 54}},   {35, "TQ2_0", {256, 66}},   {39, "MXFP4", {32, 17}}}};

/// Null for a number that no format has.
[[nodiscard]] constexpr const GgufTensorType* find_gguf_tensor_type(std::uint32_t number) noexcept {
  const auto* const found = std::find_if(gguf_tensor_types.begin(), gguf_tensor_types.end(),
                                         [&](const GgufTensorType& type) { return type.number == number; });
  return found != gguf_tensor_types.end() ? found : nullptr;
}

/// The number of a format that the library knows.
[[nodiscard]] constexpr std::uint32_t gguf_number_of(BlockFormat format) noexcept {
  return std::find_if(gguf_tensor_types.begin(), gguf_tensor_types.end(),
                      [&](const GgufTensorType& type) { return type.name == block_format_name(format); })
      ->number;
}

}  // namespace detail

}  // namespace ampsft
