// SPDX-License-Identifier: MIT
/// @file
/// From files of records to what is trained on.
#pragma once

#include <ampsft/data/packed_dataset.hpp>

#include <cstddef>
#include <optional>
#include <string>

#include "options.hpp"
#include "support/pretrained.hpp"

namespace finetune {

/// Packed records.
struct Records {
  ampsft::PackedDataset training;
  std::optional<ampsft::PackedDataset> validation;
  std::size_t training_count = 0;  ///< records
  std::size_t validation_count = 0;
  std::string hash;  ///< of all tokens and targets
};

/// Reads, encodes, divides and packs the records, and prints a report of each file. Throws `ampsft::Error` that names
/// the file and the line.
Records read_all_records(const Options& options, const example::Pretrained& pretrained);

}  // namespace finetune
