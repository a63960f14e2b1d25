# SPDX-License-Identifier: MIT
# Where the libraries come from: an installed package, else the upstream's git tag.
#
# Packages are found without a version and compared here, because Eigen 5 refuses a request for 3.4.
# -DFETCHCONTENT_SOURCE_DIR_<NAME>=<folder> takes the sources from a folder instead.
include(FetchContent)

# ampsft_header_library(<package> <target> <oldest> <folder with the headers> <repository> <tag>)
#
# Only the fetched headers are used, never the fetched build: an imported target keeps its warnings, tests and
# install rules out of ours.
function(ampsft_header_library name target oldest folder repository tag)
  if(TARGET ${target}) # a parent project has chosen one
    return()
  endif()
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON
    SOURCE_SUBDIR headers-only FIND_PACKAGE_ARGS QUIET GLOBAL)
  FetchContent_MakeAvailable(${name})
  if(NOT TARGET ${target})
    FetchContent_GetProperties(${name} SOURCE_DIR source)
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${target} INTERFACE ${source}/${folder})
    set_property(GLOBAL APPEND PROPERTY AMPSFT_FETCHED ${name}=${source})
  elseif(DEFINED ${name}_VERSION AND ${name}_VERSION VERSION_LESS oldest)
    message(FATAL_ERROR "ampsft needs ${name} ${oldest} or newer and found ${${name}_VERSION} in ${${name}_DIR}; "
      "install a newer one, or hide this one with -DCMAKE_DISABLE_FIND_PACKAGE_${name}=ON to have it fetched")
  endif()
endfunction()

# ampsft_compiled_library(<package> <repository> <tag>), for what only our own programs need
function(ampsft_compiled_library name repository tag)
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON SYSTEM
    FIND_PACKAGE_ARGS QUIET GLOBAL)
  FetchContent_MakeAvailable(${name})
  set(CMAKE_MODULE_PATH ${CMAKE_MODULE_PATH} PARENT_SCOPE) # where a package keeps its CMake modules
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED GLOBAL)
if(AMPSFT_OPENMP)
  find_package(OpenMP COMPONENTS CXX GLOBAL)
endif()

ampsft_header_library(Eigen3 Eigen3::Eigen 3.4 . https://gitlab.com/libeigen/eigen.git 3.4.0)
ampsft_header_library(xtensor xtensor 0.24 include https://github.com/xtensor-stack/xtensor.git 0.27.1)
if(NOT TARGET xtl) # comes with an installed xtensor, not with a fetched one
  ampsft_header_library(xtl xtl 0.8 include https://github.com/xtensor-stack/xtl.git 0.8.2)
  target_link_libraries(xtensor INTERFACE xtl)
endif()
ampsft_header_library(nlohmann_json nlohmann_json::nlohmann_json 3.9 single_include
  https://github.com/nlohmann/json.git v3.11.3)
