// SPDX-License-Identifier: MIT
/// @file
/// The mark of the choices that this library was compiled with, which every object that uses it looks for.
#include <ampsft/core/detail/compiled_with.hpp>

namespace ampsft::detail {

template <int Alignment, bool Blas, bool OpenMp>
const char CompiledWith<Alignment, Blas, OpenMp>::here = 0;

template struct CompiledWith<EIGEN_MAX_ALIGN_BYTES, with_blas, with_openmp>;

}  // namespace ampsft::detail
