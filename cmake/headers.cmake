# SPDX-License-Identifier: MIT
# headers_alone: every header compiled as the first and only one of its translation unit.
#
# CMake's own verification of header sets takes two minutes of a processor longer, nearly all of it for Eigen and xtensor
# over and over. So a header that brings core/tensor.hpp with it is compiled behind that one, precompiled: includes
# stand before all else, so nothing is visible to its code that would not be without. The others are compiled as they
# are, and core/tensor.hpp among them.
#
# All are compiled as programs with ampsft::instances see them: what those do not read are headers of their own
# (..._inl.hpp, the kernels), which stand in the list as well.

# ampsft_headers_with(<header> <variable>): the headers that include <header>, themselves or through others.
function(ampsft_headers_with wanted variable)
  set(found ${wanted})
  set(rest ${AMPSFT_HEADERS})
  set(grown ON)
  while(grown)
    set(grown OFF)
    foreach(header IN LISTS rest)
      foreach(included IN LISTS includes_of_${header})
        if(included IN_LIST found)
          cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/include OUTPUT_VARIABLE name)
          list(APPEND found ${name})
          list(REMOVE_ITEM rest ${header})
          set(grown ON)
          break()
        endif()
      endforeach()
    endforeach()
  endwhile()
  list(REMOVE_ITEM found ${wanted})
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

# ampsft_headers_alone(<target> <header>...): an object of each header.
function(ampsft_headers_alone target)
  set(sources "")
  foreach(header IN LISTS ARGN)
    set(source ${PROJECT_BINARY_DIR}/headers_alone/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${target} PRIVATE ampsft::ampsft)
  target_compile_definitions(${target} PRIVATE AMPSFT_INSTANCES)
  target_compile_options(${target} PRIVATE -O0 -g0)
  add_dependencies(headers_alone ${target})
endfunction()

set(others "")
foreach(header IN LISTS AMPSFT_HEADERS)
  file(STRINGS ${header} includes_of_${header} REGEX "^#include <ampsft/")
  list(TRANSFORM includes_of_${header} REPLACE "^#include <(.*)>.*$" "\\1")
  cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/include OUTPUT_VARIABLE name)
  list(APPEND others ${name})
endforeach()
ampsft_headers_with(ampsft/core/tensor.hpp with_tensor)
ampsft_headers_with(ampsft/core/compat/json.hpp with_json)
set(both "")
set(tensor "")
foreach(header IN LISTS with_tensor)
  if(header IN_LIST with_json)
    list(APPEND both ${header})
  else()
    list(APPEND tensor ${header})
  endif()
endforeach()
list(REMOVE_ITEM others ${with_tensor})

add_custom_target(headers_alone)
ampsft_headers_alone(headers_without_tensor ${others})
ampsft_headers_alone(headers_with_tensor ${tensor})
target_precompile_headers(headers_with_tensor PRIVATE <ampsft/core/tensor.hpp>)
ampsft_headers_alone(headers_with_tensor_and_json ${both})
target_precompile_headers(headers_with_tensor_and_json PRIVATE <ampsft/core/tensor.hpp> <ampsft/core/compat/json.hpp>)
