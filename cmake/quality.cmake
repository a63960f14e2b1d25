# SPDX-License-Identifier: MIT
# What only this repository's own build needs: warnings, clang-tidy, the coverage report.
add_library(ampsft_warnings INTERFACE)
target_compile_options(ampsft_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
target_link_libraries(ampsft_instances PRIVATE ampsft_warnings)

# One translation unit that includes every header, for clang-tidy.
set(AMPSFT_EVERY_HEADER "")
set(headers ${AMPSFT_HEADERS})
if(TARGET ampsft::mpi)
  list(APPEND headers ${AMPSFT_MPI_HEADERS})
endif()
foreach(header IN LISTS headers)
  cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/include)
  string(APPEND AMPSFT_EVERY_HEADER "#include <${header}>\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/every_header.cpp CONTENT "${AMPSFT_EVERY_HEADER}")
add_library(ampsft_every_header OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/every_header.cpp)
target_link_libraries(ampsft_every_header PRIVATE ampsft::ampsft $<TARGET_NAME_IF_EXISTS:ampsft_mpi>)

find_program(AMPSFT_CLANG_TIDY NAMES clang-tidy-14 clang-tidy)
if(AMPSFT_CLANG_TIDY)
  add_custom_target(tidy VERBATIM USES_TERMINAL COMMENT "clang-tidy over every header"
    COMMAND ${AMPSFT_CLANG_TIDY} --quiet --config-file=${PROJECT_SOURCE_DIR}/.clang-tidy -p ${PROJECT_BINARY_DIR}
      ${PROJECT_BINARY_DIR}/every_header.cpp)
endif()

find_program(AMPSFT_GCOVR gcovr)
if(AMPSFT_GCOVR)
  add_custom_target(coverage_report VERBATIM USES_TERMINAL COMMENT "coverage of include/"
    COMMAND ${AMPSFT_GCOVR} --root ${PROJECT_SOURCE_DIR} --filter ${PROJECT_SOURCE_DIR}/include/
      --exclude-unreachable-branches --exclude-throw-branches --print-summary
      --html-details ${PROJECT_BINARY_DIR}/coverage.html ${PROJECT_BINARY_DIR})
endif()
