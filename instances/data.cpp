// SPDX-License-Identifier: MIT
/// @file
/// Texts, records and what adapters and models say of themselves.
#include <ampsft/adapter/detail/adapter_header_inl.hpp>
#include <ampsft/data/detail/packed_dataset_inl.hpp>
#include <ampsft/data/detail/packing_inl.hpp>
#include <ampsft/data/detail/records_inl.hpp>
#include <ampsft/data/detail/text_inl.hpp>
#include <ampsft/generate/detail/generation_defaults_inl.hpp>
