// SPDX-License-Identifier: MIT
/// @file
/// The place that names Eigen's matrices; eigen_solvers.hpp has the decompositions.
///
/// A program that defines `EIGEN_USE_BLAS` and links a BLAS gets its matrix products from there; the
/// library itself never asks for one.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
// GCC 12 reports these inside of Eigen and of the intrinsics it uses, at -O3 for AVX-512.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#else  // Debian's place, so that a plain compiler line needs no -I
#include <eigen3/Eigen/Core>
#endif

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
