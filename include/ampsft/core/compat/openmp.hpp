// SPDX-License-Identifier: MIT
/// @file
/// The one place that names OpenMP's header; without OpenMP it includes nothing.
#pragma once

#if defined(_OPENMP)
#include <omp.h>
#endif
