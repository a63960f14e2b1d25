// SPDX-License-Identifier: MIT
/// @file
/// The language model that a command line names.
#pragma once

#include <ampsft/finetune/language_model.hpp>

#include "support/pretrained_options.hpp"

namespace example {

/// Loads it. Each warning goes to stderr once. Throws `ampsft::Error` as `LanguageModel::load` does, and says where the
/// default model comes from if none is there.
[[nodiscard]] ampsft::LanguageModel load_model(const PretrainedOptions& options,
                                               ampsft::WeightStorage storage = ampsft::WeightStorage::as_stored);

}  // namespace example
