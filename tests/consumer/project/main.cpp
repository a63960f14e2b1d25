// SPDX-License-Identifier: MIT
/// @file
/// A user's program, built in each way that the library can be used.
#include <ampsft/ampsft.hpp>

#include <iostream>

int main() {
  const auto matrix = ampsft::make_matrix<float>(2, 3, 0.5F);
  try {
    (void)ampsft::make_matrix<float>(-1, 3);
    return 1;  // a negative extent must throw
  } catch (const ampsft::Error& error) {
    std::cout << "ampsft " << AMPSFT_VERSION << ": " << error.what() << '\n';
  }
  return ampsft::map(matrix).sum() == 3.0F ? 0 : 1;
}
