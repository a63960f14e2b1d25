// SPDX-License-Identifier: MIT
/// @file
/// What products are computed in.
#pragma once

namespace ampsft {

/// What products of floats are computed in.
enum class Arithmetic {
  full,  ///< float
  bf16,  ///< both factors rounded to bfloat16, sums in float, where the processor can (AVX512-BF16); else `full`
};

}  // namespace ampsft
