# SPDX-License-Identifier: MIT
# bench_peers: the libraries that the kernels are measured against, those that are installed.
add_library(bench_peers INTERFACE)

# OpenBLAS even where the other programs do without it (cmake/blas.cmake): a peer that does not know the processor can
# be told by OPENBLAS_CORETYPE.
find_path(AMPSFT_CBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-openmp openblas)
if(AMPSFT_OPENBLAS AND AMPSFT_CBLAS_INCLUDE)
  target_compile_definitions(bench_peers INTERFACE BENCH_OPENBLAS)
  target_include_directories(bench_peers SYSTEM INTERFACE ${AMPSFT_CBLAS_INCLUDE})
  target_link_libraries(bench_peers INTERFACE ${AMPSFT_OPENBLAS})
  list(APPEND found OpenBLAS)
endif()

find_library(AMPSFT_ONEDNN dnnl)
find_path(AMPSFT_ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp)
if(AMPSFT_ONEDNN AND AMPSFT_ONEDNN_INCLUDE)
  target_compile_definitions(bench_peers INTERFACE BENCH_ONEDNN)
  target_include_directories(bench_peers SYSTEM INTERFACE ${AMPSFT_ONEDNN_INCLUDE})
  target_link_libraries(bench_peers INTERFACE ${AMPSFT_ONEDNN})
  list(APPEND found oneDNN)
endif()

# libxsmm calls a BLAS for what it does not compile itself; without one it comes with stand-ins.
find_library(AMPSFT_LIBXSMM xsmm)
find_library(AMPSFT_LIBXSMM_NO_BLAS xsmmnoblas)
find_path(AMPSFT_LIBXSMM_INCLUDE libxsmm.h)
if(AMPSFT_LIBXSMM AND AMPSFT_LIBXSMM_INCLUDE AND (AMPSFT_OPENBLAS OR AMPSFT_LIBXSMM_NO_BLAS))
  target_compile_definitions(bench_peers INTERFACE BENCH_LIBXSMM)
  target_include_directories(bench_peers SYSTEM INTERFACE ${AMPSFT_LIBXSMM_INCLUDE})
  target_link_libraries(bench_peers INTERFACE ${AMPSFT_LIBXSMM} $<IF:$<BOOL:${AMPSFT_OPENBLAS}>,${AMPSFT_OPENBLAS},${AMPSFT_LIBXSMM_NO_BLAS}>
    Threads::Threads ${CMAKE_DL_LIBS} rt)
  list(APPEND found libxsmm)
endif()
list(JOIN found ", " found)
message(STATUS "ampsft: the benchmarks' peers beside Eigen: ${found}")
