// SPDX-License-Identifier: MIT
/// @file
/// The place that names Eigen's decompositions, which take as long to read as all its matrices.
#pragma once

#include <ampsft/core/compat/eigen.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
// As in eigen.hpp.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif

#if __has_include(<Eigen/Core>)
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#else
#include <eigen3/Eigen/Eigenvalues>
#include <eigen3/Eigen/QR>
#endif

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
