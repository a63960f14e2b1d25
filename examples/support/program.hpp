// SPDX-License-Identifier: MIT
/// @file
/// What the mains of the examples share.
#pragma once

#include <cstdio>
#include <exception>

namespace example {

/// The exit code that `body` returns; an exception becomes one line on stderr and the code 2.
template <class Body>
int run_program(Body&& body) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // whole lines, at once, also into files and pipes
  try {
    return body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}

}  // namespace example
