# SPDX-License-Identifier: MIT
# ampsft::native: instructions of the machine that compiles. Programs that link it run on no older processor.
include(CheckCXXCompilerFlag)

add_library(ampsft_native INTERFACE)
add_library(ampsft::native ALIAS ampsft_native)
set_target_properties(ampsft_native PROPERTIES EXPORT_NAME native)

check_cxx_compiler_flag(-march=native AMPSFT_HAS_MARCH_NATIVE)
check_cxx_compiler_flag(-mcpu=native AMPSFT_HAS_MCPU_NATIVE)
if(AMPSFT_HAS_MARCH_NATIVE)
  target_compile_options(ampsft_native INTERFACE -march=native)
elseif(AMPSFT_HAS_MCPU_NATIVE) # Clang on ARM
  target_compile_options(ampsft_native INTERFACE -mcpu=native)
endif()
