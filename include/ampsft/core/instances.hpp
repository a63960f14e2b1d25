// SPDX-License-Identifier: MIT
/// @file
/// Which instances of the templates a program takes from the compiled library ampsft::instances instead of compiling
/// them itself. Without that library, which defines AMPSFT_INSTANCES, nothing here has an effect.
///
/// `AMPSFT_INSTANCE(declaration);` stands after a template whose code takes long to compile, once for each instance
/// that is worth it. A list that is written once cannot disagree with itself, and what nobody has compiled does not
/// link. `AMPSFT_HEADER_INLINE` does the same for plain functions: it stands for `inline` before the declaration and
/// before the definition, which is in a header of its own. That header is included below `#if
/// !defined(AMPSFT_INSTANCES)`, and by a source of the library.
#pragma once

#if defined(AMPSFT_INSTANCES)
// The sources of the library (folder "instances") define it empty, so that what follows is compiled there.
#define AMPSFT_EXTERN extern
#define AMPSFT_INSTANCE(...) AMPSFT_EXTERN template __VA_ARGS__
#define AMPSFT_HEADER_INLINE
#else
#define AMPSFT_INSTANCE(...) static_assert(true)
#define AMPSFT_HEADER_INLINE inline
#endif
