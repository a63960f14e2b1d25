# SPDX-License-Identifier: MIT
# ampsft::mpi: what a program over several processes links, where there is an MPI.
if(NOT AMPSFT_MPI)
  return()
endif()

set(MPI_CXX_SKIP_MPICXX ON) # MPI's own C++ bindings, long withdrawn
find_package(MPI QUIET COMPONENTS CXX GLOBAL)
if(MPI_CXX_FOUND)
  add_library(ampsft_mpi INTERFACE)
  add_library(ampsft::mpi ALIAS ampsft_mpi)
  target_link_libraries(ampsft_mpi INTERFACE ampsft::ampsft MPI::MPI_CXX)
else()
  message(STATUS "ampsft: no MPI, so no ampsft::mpi")
endif()
