// SPDX-License-Identifier: MIT
/// @file
/// A run as a page: its losses as a chart, its figures as a table.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/train/trainer.hpp>

#include <string>

namespace finetune {

/// A page without anything from outside. `summary` is the adapter's training summary, shown as it is.
std::string run_page(const ampsft::TrainReport& report, double loss_before, const nlohmann::json& summary);

}  // namespace finetune
