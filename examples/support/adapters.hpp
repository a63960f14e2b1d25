// SPDX-License-Identifier: MIT
/// @file
/// Adapters read from files, one or several of one base.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/adapter_choice.hpp"

namespace example {

/// An adapter and what it is called.
struct NamedAdapter {
  std::string name;
  ampsft::ScoreAdapter<float> adapter;
};

/// Reads them all. Throws `ampsft::Error` that names the file.
[[nodiscard]] std::vector<NamedAdapter> load_adapters(const std::vector<AdapterChoice>& choices);

/// Gives all of them the bases of every width that any has. Throws `ampsft::Error` if two have different ones of a
/// width.
void share_bases(std::vector<NamedAdapter>& adapters);

/// Gives all of them the same matrices, in the same order: what one does not adapt gets scores of zero. Throws
/// `ampsft::Error` for adapters that are not of one base and one basis.
void align_adapters(std::vector<NamedAdapter>& adapters);

}  // namespace example
