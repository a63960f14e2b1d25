// SPDX-License-Identifier: MIT
/// @file
/// JSON, files and their headers.
#include <ampsft/io/detail/atomic_file_inl.hpp>
#include <ampsft/io/detail/atomic_folder_inl.hpp>
#include <ampsft/io/detail/checksum_inl.hpp>
#include <ampsft/io/detail/file_lock_inl.hpp>
#include <ampsft/io/detail/gguf_header_inl.hpp>
#include <ampsft/io/detail/gguf_inl.hpp>
#include <ampsft/io/detail/gguf_value_inl.hpp>
#include <ampsft/io/detail/gguf_writer_inl.hpp>
#include <ampsft/io/detail/json_fields_inl.hpp>
#include <ampsft/io/detail/json_text_inl.hpp>
#include <ampsft/io/detail/make_folders_inl.hpp>
#include <ampsft/io/detail/model_tensors_inl.hpp>
#include <ampsft/io/detail/read_text_inl.hpp>
#include <ampsft/io/detail/safetensors_header_inl.hpp>
#include <ampsft/io/detail/safetensors_inl.hpp>
#include <ampsft/io/detail/safetensors_writer_inl.hpp>
#include <ampsft/io/detail/shard_list_inl.hpp>
#include <ampsft/io/detail/tensor_progress_inl.hpp>
