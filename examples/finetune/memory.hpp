// SPDX-License-Identifier: MIT
/// @file
/// What a run will hold in memory, before it starts.
#pragma once

#include "options.hpp"
#include "records.hpp"
#include "support/pretrained.hpp"

namespace finetune {

/// Prints what making the bases takes, where that is more than the model: gradients need a second one.
void print_basis_plan(const Options& options, example::Pretrained& pretrained, const Records& records);

/// Prints the plan of a step, with the scores on the model.
void print_step_plan(const Options& options, ampsft::Transformer<float>& model, const Records& records);

}  // namespace finetune
