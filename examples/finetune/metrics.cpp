// SPDX-License-Identifier: MIT
#include "metrics.hpp"

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/io/atomic_file.hpp>

#include <string>

namespace finetune {

void Metrics::open(ampsft::Index step) {
  std::string kept;
  std::ifstream before(path_);
  for (std::string line; std::getline(before, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto number = json.is_object() ? json.find("step") : json.end();
    if (json.is_object() && number != json.end() && number->is_number_integer() &&
        number->get<ampsft::Index>() < step) {
      kept += line + '\n';
    }
  }
  ampsft::write_text(path_, kept);
  file_.open(path_, std::ios::app);
}

void Metrics::add(ampsft::Index step, nlohmann::json line) {
  if (!file_.is_open()) {
    open(step);
  }
  line["step"] = step;
  file_ << line.dump() << std::endl;  // flushed, so that a kill loses nothing
  ampsft::require(file_.good(), "cannot write ", path_);
}

}  // namespace finetune
