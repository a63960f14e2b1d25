// SPDX-License-Identifier: MIT
/// @file
/// Texts, records, datasets.
#include <ampsft/data/detail/data_report_inl.hpp>
#include <ampsft/data/detail/encode_records_inl.hpp>
#include <ampsft/data/detail/packed_dataset_inl.hpp>
#include <ampsft/data/detail/packing_inl.hpp>
#include <ampsft/data/detail/records_inl.hpp>
#include <ampsft/data/detail/text_inl.hpp>
#include <ampsft/data/detail/token_stream_inl.hpp>
