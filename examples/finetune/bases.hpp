// SPDX-License-Identifier: MIT
/// @file
/// The bases that `--basis` asks for.
#pragma once

#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/parameterization/attach.hpp>

#include "options.hpp"
#include "support/pretrained.hpp"

namespace finetune {

/// A basis for each width among the targets; activations and gradients are those of the training records. Gradients
/// need the weights as float parameters, so the model is loaded a second time for them, and let go again.
///
/// Throws `ampsft::Error` for a rank above a width, a width of which nothing is seen, and as whatever makes them does.
ampsft::BasisSet<float> make_bases(const Options& options, example::Pretrained& pretrained,
                                   const ampsft::PackedDataset& training);

/// Bases of the same shapes without the work: those of a file, or random ones. Refuses what `make_bases` refuses, but
/// for numbers that are not finite.
ampsft::BasisSet<float> stand_in_bases(const Options& options, example::Pretrained& pretrained,
                                       const ampsft::PackedDataset& training);

}  // namespace finetune
