// SPDX-License-Identifier: MIT
/// @file
/// The machine's limits behind a C interface: one pass each, with the threads of `duel_set_threads`.
///
/// Data start on a 64-byte boundary; a part of a line at the end is left out.
#include "support/limits.hpp"

extern "C" {

/// Whether there are stores that pass the cache; without them `duel_stream` does nothing.
int duel_can_stream() {
  return bench::can_stream() ? 1 : 0;
}

void duel_stream(void* data, ampsft::Index bytes) {
  bench::stream_pass(data, bytes);
}

void duel_fill(void* data, ampsft::Index bytes) {
  bench::fill_pass(data, bytes);
}

void duel_read(const void* data, ampsft::Index bytes) {
  bench::read_pass(data, bytes);
}

/// Multiplies and adds floats in registers; returns how many operations that was.
double duel_multiply_add() {
  return bench::arithmetic_pass<float>();
}

}  // extern "C"
