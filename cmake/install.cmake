# SPDX-License-Identifier: MIT
# The package: headers, targets, and a config that finds the dependencies again.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(AMPSFT_PACKAGE_DIR ${CMAKE_INSTALL_DATADIR}/cmake/ampsft)
set(AMPSFT_USES_OPENMP OFF)
if(AMPSFT_OPENMP AND TARGET OpenMP::OpenMP_CXX)
  set(AMPSFT_USES_OPENMP ON)
endif()
get_property(fetched GLOBAL PROPERTY AMPSFT_FETCHED)
if(fetched)
  message(STATUS "ampsft: fetched libraries are not installed with it; whoever uses the package needs them installed")
endif()

install(TARGETS ampsft ampsft_native EXPORT ampsft-targets FILE_SET HEADERS FILE_SET mpi FILE_SET kernels)
install(EXPORT ampsft-targets NAMESPACE ampsft:: DESTINATION ${AMPSFT_PACKAGE_DIR})
configure_package_config_file(cmake/ampsft-config.cmake.in ${PROJECT_BINARY_DIR}/ampsft-config.cmake
  INSTALL_DESTINATION ${AMPSFT_PACKAGE_DIR} NO_SET_AND_CHECK_MACRO)
# Below 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ampsft-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/ampsft-config.cmake ${PROJECT_BINARY_DIR}/ampsft-config-version.cmake
  DESTINATION ${AMPSFT_PACKAGE_DIR})
# Sources: the library is built by whoever links it, see instances/instances.cmake.
install(DIRECTORY instances DESTINATION ${AMPSFT_PACKAGE_DIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
