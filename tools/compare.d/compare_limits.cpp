// SPDX-License-Identifier: MIT
/// @file
/// The machine's limits behind a C interface: one pass each, with the threads of `compare_set_threads`.
///
/// Data start on a 64-byte boundary; a part of a line at the end is left out.
#include "support/limits.hpp"

extern "C" {

/// Whether there are stores that pass the cache; without them `compare_stream` does nothing.
int compare_can_stream() {
  return bench::can_stream() ? 1 : 0;
}

void compare_stream(void* data, ampsft::Index bytes) {
  bench::stream_pass(data, bytes);
}

void compare_fill(void* data, ampsft::Index bytes) {
  bench::fill_pass(data, bytes);
}

void compare_read(const void* data, ampsft::Index bytes) {
  bench::read_pass(data, bytes);
}

/// Multiplies and adds floats in registers; returns how many operations that was.
double compare_multiply_add() {
  return bench::arithmetic_pass<float>();
}

}  // extern "C"
