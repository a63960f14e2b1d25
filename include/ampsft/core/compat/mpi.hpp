// SPDX-License-Identifier: MIT
/// @file
/// The one place that names MPI's header; only what includes it needs an MPI.
#pragma once

#if !__has_include(<mpi.h>)
#error "ampsft/distributed needs an MPI: install one (Debian: libopenmpi-dev), then link ampsft::mpi or use mpicxx"
#endif

// The C++ bindings that MPI has given up.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1  // NOLINT(readability-identifier-naming)
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1  // NOLINT(readability-identifier-naming)
#endif
#include <mpi.h>
