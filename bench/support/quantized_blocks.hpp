// SPDX-License-Identifier: MIT
/// @file
/// Weights of random numbers in the block formats of GGUF files, also those that the library cannot write.
#pragma once

#include <ampsft/autograd/quantized_weight.hpp>
#include <ampsft/core/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Where a block has its scale and its minimum in binary16, or its scale twice.
inline std::array<std::size_t, 2> halves_of(ampsft::BlockFormat format) {
  switch (format) {
    case ampsft::BlockFormat::q8_0:
    case ampsft::BlockFormat::q4_0:
      return {0, 0};
    case ampsft::BlockFormat::q4_k:
      return {0, 2};
    case ampsft::BlockFormat::q6_k:
      return {208, 208};
    default:
      ampsft::fail("no random blocks of ", ampsft::block_format_name(format), " are made here");
  }
}

/// Blocks of random bytes with scales of 1/256; the same block again after some hundred.
inline std::unique_ptr<ampsft::QuantizedWeight<float>> random_quantized(ampsft::BlockFormat format, ampsft::Index rows,
                                                                        ampsft::Index cols) {
  constexpr std::size_t period = 251;  // prime, so that no two rows are the same
  const std::size_t block = ampsft::block_size(format).bytes;
  const auto bytes =
      std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(rows) * ampsft::row_bytes(format, cols));
  ampsft::Random random(1);
  for (std::size_t i = 0; i < bytes->size(); ++i) {
    (*bytes)[i] = i < period * block ? static_cast<std::byte>(random.below(256)) : (*bytes)[i - period * block];
  }
  const std::uint16_t scale = ampsft::float_to_fp16(1.0F / 256.0F);
  for (std::size_t i = 0; i < bytes->size(); i += block) {
    for (const std::size_t at : halves_of(format)) {
      std::memcpy(bytes->data() + i + at, &scale, sizeof(scale));
    }
  }
  return std::make_unique<ampsft::QuantizedWeight<float>>("weight", format, *bytes, rows, cols, bytes);
}

}  // namespace bench
