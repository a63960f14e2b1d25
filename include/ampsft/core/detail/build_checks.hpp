// SPDX-License-Identifier: MIT
/// @file
/// Compiler settings under which the library would be wrong, refused by name.
#pragma once

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "ampsft looks for NaN and infinity; do not compile with -ffast-math or -ffinite-math-only (/fp:fast)"
#endif

#if !defined(__cpp_exceptions)
#error "ampsft reports errors by exceptions; do not compile with -fno-exceptions"
#endif

#if !defined(__cpp_rtti)
#error "ampsft asks weights for their type at run time; do not compile with -fno-rtti"
#endif
