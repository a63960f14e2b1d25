// SPDX-License-Identifier: MIT
/// @file
/// The matrices of a model that are decomposed, and what is left beside them.
#pragma once

#include <ampsft/basis/row_stack.hpp>
#include <ampsft/io/model_tensors.hpp>

#include <string>
#include <vector>

#include "decompose/options.hpp"

namespace decompose {

using Stack = ampsft::RowStack<float>;

/// A model's files and its matrices in groups.
struct Source {
  ampsft::ModelTensors tensors;
  std::vector<Stack> stacks;
  Index matrices = 0;
  Index left_out = 0;        ///< matrices that the filters leave out
  Index other_elements = 0;  ///< of all tensors that are not decomposed
  Index elements = 0;        ///< of those that are

  /// Elements of all matrices: what one reading of the model is measured by.
  [[nodiscard]] double work() const { return static_cast<double>(elements); }
};

/// Opens the model and groups its matrices; throws if the filters match nothing or leave nothing.
[[nodiscard]] Source open_source(const Options& options);

}  // namespace decompose
