# SPDX-License-Identifier: MIT
# ampsft::instances: the instances that the headers name (core/instances.hpp), compiled once instead of in each object
# that uses them. Whoever links it builds it, with the flags of his own build; nobody else does.
if(NOT TARGET ampsft_instances)
  file(GLOB ampsft_instances CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
  add_library(ampsft_instances STATIC EXCLUDE_FROM_ALL ${ampsft_instances})
  add_library(ampsft::instances ALIAS ampsft_instances)
  set_target_properties(ampsft_instances PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(ampsft_instances PUBLIC AMPSFT_INSTANCES)
  target_link_libraries(ampsft_instances PUBLIC ampsft::ampsft)
endif()
