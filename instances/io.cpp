// SPDX-License-Identifier: MIT
/// @file
/// JSON, and the headers of files.
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/json_builder.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>
