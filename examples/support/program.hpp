// SPDX-License-Identifier: MIT
/// @file
/// What the mains of the examples share.
#pragma once

#include <ampsft/core/error.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

namespace example {

/// Throws `ampsft::Error` with the reason if anything that was written to standard output did not arrive: results that
/// are lost are no success.
inline void require_written() {
  errno = 0;
  const bool lost = !std::cout.flush() || std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (lost && errno == 0) {  // it was lost earlier, and the reason with it; another byte will meet the same one
    std::clearerr(stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }
  ampsft::require(!lost, "the results could not be written to standard output: ",
                  errno != 0 ? std::strerror(errno) : "some of them were lost");
}

/// The exit code that `body` returns; an exception, and output that cannot be written, become one line on stderr and
/// the code 2.
template <class Body>
int run_program(Body&& body) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // whole lines, at once, also into files and pipes
  try {
    const int code = body();
    require_written();
    return code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}

}  // namespace example
