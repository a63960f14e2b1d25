// SPDX-License-Identifier: MIT
#include "export/adapter.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace exporting {

namespace {

ampsft::Adapter import_peft(const Options& options, const ampsft::LanguageModel& model, example::Steps& steps) {
  const auto on_rows = [&](Index read, Index rows) {
    steps.update(ampsft::concat("bases are fitted, ", read, " rows read of ", rows, " for each reading"));
  };
  const auto projected = model.project(model.load_adapter(options.import_peft),
                                       {.basis = options.basis, .rank = options.rank, .on_rows = on_rows});
  const auto say = [&](const std::string& name, double share) {
    char line[160];
    std::snprintf(line, sizeof line, "%-40s %5.1f %% of the energy is lost", name.c_str(), 100.0 * share);
    steps.say(line);
  };
  for (const auto& one : projected.energies) {
    say(one.weight, one.share());
  }
  say("all", projected.total.share());
  return projected.adapter;
}

}  // namespace

ampsft::Adapter make_adapter(const Options& options, const ampsft::LanguageModel& model, example::Steps& steps) {
  if (!options.import_peft.empty()) {
    steps.begin("the LoRA is imported");
    return ampsft::weighted_sum({{import_peft(options, model, steps), options.scale}});
  }
  if (options.adapters.empty()) {
    return {};
  }
  steps.begin("adapters are read");
  std::vector<ampsft::AdapterTerm> terms;
  for (const auto& [file, weight] : options.adapters) {
    terms.push_back({model.load_adapter(file), weight * options.scale});
  }
  return ampsft::weighted_sum(terms);
}

}  // namespace exporting
