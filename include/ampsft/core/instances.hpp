// SPDX-License-Identifier: MIT
/// @file
/// Which instances of the templates a program takes from the compiled library ampsft::instances instead of compiling
/// them itself. Without that library, which defines AMPSFT_INSTANCES, nothing here has an effect.
///
/// `AMPSFT_INSTANCE(declaration);` stands after a template whose code takes long to compile, once for each instance
/// that is worth it. A list that is written once cannot disagree with itself, and what nobody has compiled does not
/// link.
#pragma once

#include <ampsft/core/compat/eigen.hpp>

#if defined(AMPSFT_INSTANCES)
// The sources of the library (folder "instances") define it empty, so that what follows is compiled there.
#define AMPSFT_EXTERN extern
#define AMPSFT_INSTANCE(...) AMPSFT_EXTERN template __VA_ARGS__

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

#else
#define AMPSFT_INSTANCE(...) static_assert(true)
#endif
