# SPDX-License-Identifier: MIT
# ampsft::blas: Eigen's products through OpenBLAS, for the examples and benchmarks.
#
# An OpenBLAS with its own threads and an OpenMP program fight for the cores (half the speed), so AUTO takes only
# the build that runs on OpenMP; ON takes whichever there is.
add_library(ampsft_blas INTERFACE)
add_library(ampsft::blas ALIAS ampsft_blas)

if(NOT AMPSFT_BLAS)
  return()
endif()

# Debian keeps each build in a folder, Fedora appends an "o" to the name.
find_library(AMPSFT_OPENBLAS NAMES openblaso PATH_SUFFIXES openblas-openmp)
find_library(AMPSFT_OPENBLAS NAMES openblas PATH_SUFFIXES openblas-openmp)

if(AMPSFT_OPENBLAS AND NOT CMAKE_CROSSCOMPILING)
  # 0: one thread, 1: its own threads, 2: OpenMP
  try_run(AMPSFT_OPENBLAS_THREADS AMPSFT_OPENBLAS_LINKS SOURCE_FROM_CONTENT openblas_threads.cpp
    "extern \"C\" int openblas_get_parallel();\nint main() { return openblas_get_parallel(); }\n"
    LINK_LIBRARIES ${AMPSFT_OPENBLAS})
endif()

if(NOT AMPSFT_OPENBLAS)
  if(NOT AMPSFT_BLAS STREQUAL "AUTO")
    message(FATAL_ERROR "AMPSFT_BLAS=${AMPSFT_BLAS}, but there is no OpenBLAS; install libopenblas-openmp-dev")
  endif()
  message(STATUS "ampsft: no OpenBLAS; the programs use Eigen's products")
elseif(AMPSFT_BLAS STREQUAL "AUTO" AND NOT (TARGET OpenMP::OpenMP_CXX AND AMPSFT_OPENBLAS_THREADS EQUAL 2))
  message(STATUS "ampsft: ${AMPSFT_OPENBLAS} shares no threads with the programs, they use Eigen's products")
else()
  message(STATUS "ampsft: the programs use ${AMPSFT_OPENBLAS}")
  target_compile_definitions(ampsft_blas INTERFACE EIGEN_USE_BLAS)
  target_link_libraries(ampsft_blas INTERFACE ${AMPSFT_OPENBLAS})
endif()
