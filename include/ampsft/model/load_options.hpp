// SPDX-License-Identifier: MIT
/// @file
/// What a program says of how a pretrained model is to be loaded.
#pragma once

#include <string>
#include <vector>

namespace ampsft {

/// In which form weights lie in memory.
enum class WeightStorage {
  dense,      ///< parameters of the model's own type, which can be trained
  bf16,       ///< frozen, half of float's memory; models in float only
  as_stored,  ///< frozen, as they lie in the mapped file: quantised where they are
};

/// How a pretrained model is loaded.
struct LoadOptions {
  WeightStorage storage = WeightStorage::dense;
  /// Name patterns of the weights that `storage` is for; others are dense.
  std::vector<std::string> patterns = {"*"};
};

}  // namespace ampsft
