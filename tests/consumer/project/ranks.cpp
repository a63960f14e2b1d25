// SPDX-License-Identifier: MIT
/// @file
/// A user's program over several processes.
#include <ampsft/distributed/mpi.hpp>

int main(int argc, char** argv) {
  return ampsft::run_with_mpi(argc, argv,
                              [](const ampsft::MpiCommunicator& ranks) { return ranks.size() > 0 ? 0 : 1; });
}
