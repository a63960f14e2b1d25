# SPDX-License-Identifier: MIT
# ampsft::blas: Eigen's products through OpenBLAS, for the examples and benchmarks, which then cannot link
# ampsft::instances: AMPSFT_USES_BLAS says so.
#
# AUTO takes only a build that helps; ON takes whichever there is. An OpenBLAS with its own threads and an OpenMP program
# fight for the cores (half the speed). One that is older than the processor runs its kernels for the Prescott of 2004
# (a quarter of Eigen's speed).
add_library(ampsft_blas INTERFACE)
add_library(ampsft::blas ALIAS ampsft_blas)

# Also a peer of the benchmarks. Debian keeps each build in a folder, Fedora appends an "o" to the name.
find_library(AMPSFT_OPENBLAS NAMES openblaso PATH_SUFFIXES openblas-openmp)
find_library(AMPSFT_OPENBLAS NAMES openblas PATH_SUFFIXES openblas-openmp)

if(NOT AMPSFT_BLAS)
  return()
endif()

if(AMPSFT_OPENBLAS AND NOT CMAKE_CROSSCOMPILING)
  # 0: it helps, 1: other threads than OpenMP's (get_parallel is 2 for those), 2: it does not know the processor
  try_run(AMPSFT_OPENBLAS_PROBE AMPSFT_OPENBLAS_LINKS SOURCE_FROM_CONTENT openblas_probe.cpp
    "#include <cstring>
extern \"C\" int openblas_get_parallel();
extern \"C\" char* openblas_get_corename();
int main() {
  if (openblas_get_parallel() != 2) return 1;
  return std::strcmp(openblas_get_corename(), \"Prescott\") == 0 ? 2 : 0;
}
"
    LINK_LIBRARIES ${AMPSFT_OPENBLAS})
endif()

if(NOT AMPSFT_OPENBLAS)
  if(NOT AMPSFT_BLAS STREQUAL "AUTO")
    message(FATAL_ERROR "AMPSFT_BLAS=${AMPSFT_BLAS}, but there is no OpenBLAS; install libopenblas-openmp-dev")
  endif()
  message(STATUS "ampsft: no OpenBLAS; the programs use Eigen's products")
elseif(AMPSFT_BLAS STREQUAL "AUTO" AND NOT (AMPSFT_OPENMP AND TARGET OpenMP::OpenMP_CXX AND AMPSFT_OPENBLAS_PROBE EQUAL 0))
  message(STATUS "ampsft: ${AMPSFT_OPENBLAS} has other threads or does not know this processor: Eigen's products")
else()
  message(STATUS "ampsft: the programs use ${AMPSFT_OPENBLAS}")
  set(AMPSFT_USES_BLAS ON)
  target_compile_definitions(ampsft_blas INTERFACE EIGEN_USE_BLAS)
  target_link_libraries(ampsft_blas INTERFACE ${AMPSFT_OPENBLAS})
endif()
