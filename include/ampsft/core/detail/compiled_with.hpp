// SPDX-License-Identifier: MIT
/// @file
/// The mark of what a program and the compiled library ampsft::instances must be compiled with alike.
#pragma once

#include <ampsft/core/compat/eigen.hpp>

#if defined(AMPSFT_INSTANCES)
namespace ampsft::detail {

/// What all of a program must be compiled with alike; the library holds `here` for its own choice alone, so that a
/// program of another choice does not link, which is better than memory that one half aligns and the other half frees.
template <int Alignment, bool Blas, bool OpenMp>
struct CompiledWith {
  static const char here;
};

#if defined(EIGEN_USE_BLAS)
constexpr bool with_blas = true;
#else
constexpr bool with_blas = false;
#endif
#if defined(_OPENMP)
constexpr bool with_openmp = true;
#else
constexpr bool with_openmp = false;
#endif

[[maybe_unused, gnu::used]] static const char* const compiled_with =
    &CompiledWith<EIGEN_MAX_ALIGN_BYTES, with_blas, with_openmp>::here;

}  // namespace ampsft::detail
#endif
