// SPDX-License-Identifier: MIT
/// @file
/// The one adapter that is exported: a sum, or a LoRA as scores.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>

#include <optional>

#include "export/options.hpp"
#include "support/pretrained.hpp"
#include "support/steps.hpp"

namespace exporting {

/// What the options ask for; none if the model alone is to be written. Throws `ampsft::Error` for what cannot be
/// summed, and for an adapter of another base. One step of the program.
[[nodiscard]] std::optional<ampsft::ScoreAdapter<float>> make_adapter(const Options& options,
                                                                      example::Pretrained& pretrained,
                                                                      example::Steps& steps);

}  // namespace exporting
