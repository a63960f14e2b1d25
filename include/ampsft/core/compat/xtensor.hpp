// SPDX-License-Identifier: MIT
/// @file
/// The one place that knows where xtensor keeps its headers: flat up to 0.25, in folders from 0.26 on.
#pragma once

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif
