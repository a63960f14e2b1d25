// SPDX-License-Identifier: MIT
/// @file
/// A run as a page: its losses as a chart, its figures as a table.
#pragma once

#include <ampsft/finetune/finetune.hpp>

#include <string>

namespace example {

/// A page without anything from outside. `summary` is a JSON object that is shown as a table.
std::string run_page(const ampsft::FinetuneResult& run, const std::string& summary);

}  // namespace example
