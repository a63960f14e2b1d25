// SPDX-License-Identifier: MIT
/// @file
/// The one adapter that is exported: a sum, or a LoRA as scores.
#pragma once

#include <ampsft/finetune/language_model.hpp>

#include "export/options.hpp"
#include "support/steps.hpp"

namespace exporting {

/// What the options ask for; empty if the model alone is to be written. Throws `ampsft::Error` for what cannot be
/// summed, and for an adapter of another base. One step of the program.
[[nodiscard]] ampsft::Adapter make_adapter(const Options& options, const ampsft::LanguageModel& model,
                                           example::Steps& steps);

}  // namespace exporting
