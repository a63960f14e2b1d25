// SPDX-License-Identifier: MIT
/// @file
/// Functions of one place, dropout, steps of an optimizer.
#include <ampsft/simd/detail/dispatch.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/simd/activations.hpp>
#include <ampsft/simd/adamw.hpp>
#include <ampsft/simd/dropout.hpp>
#include <ampsft/simd/elementwise.hpp>
