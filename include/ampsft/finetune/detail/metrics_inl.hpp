// SPDX-License-Identifier: MIT
/// @file
/// How figures of a run are written.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/finetune/detail/metrics.hpp>
#include <ampsft/io/atomic_file.hpp>

#include <ios>
#include <ostream>
#include <string>
#include <utility>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void Metrics::open(Index step) {
  std::string kept;
  std::ifstream before(path_);
  for (std::string line; std::getline(before, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto number = json.is_object() ? json.find("step") : json.end();
    if (json.is_object() && number != json.end() && number->is_number_integer() && number->get<Index>() < step) {
      kept += line + '\n';
    }
  }
  write_text(path_, kept);
  file_.open(path_, std::ios::app);
}

AMPSFT_HEADER_INLINE void Metrics::add(Index step, nlohmann::json line) {
  if (path_.empty()) {
    return;
  }
  if (!file_.is_open()) {
    open(step);
  }
  line["step"] = step;
  file_ << line.dump() << std::endl;  // flushed, so that a kill loses nothing
  require(file_.good(), "cannot write ", path_);
}

}  // namespace ampsft::detail
