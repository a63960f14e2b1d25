// SPDX-License-Identifier: MIT
#include "export/adapter.hpp"

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <atomic>
#include <cstdio>
#include <deque>
#include <span>
#include <string>
#include <utility>

namespace exporting {

namespace {

using Adapter = ampsft::ScoreAdapter<float>;

/// Fitted to the weights, which may take any number of readings.
ampsft::BasisSet<float> fit_bases(const Options& options, const ampsft::WeightList<float>& weights,
                                  example::Steps& steps) {
  Index rows = 0;
  for (const auto* weight : weights) {
    rows += weight->rows();
  }
  std::atomic<Index> read = 0;
  const auto on_rows = [&](Index count) {
    const Index all = read += count;
    steps.update(ampsft::concat("bases are fitted, ", all, " rows read of ", rows, " for each reading"));
  };
  return ampsft::fit_bases(weights, ampsft::SvdOptions{.rank = options.rank, .on_rows = on_rows});
}

Adapter import_peft(const Options& options, example::Pretrained& pretrained, example::Steps& steps) {
  const auto factors = ampsft::read_peft<float>(options.import_peft, pretrained.config());
  const auto weights = pretrained.model().weights();
  const auto bases =
      options.basis.empty() ? fit_bases(options, weights, steps) : ampsft::load_basis_set<float>(options.basis);
  steps.update("scores are projected");
  auto projected = ampsft::project_factors(factors, bases, ampsft::base_hash(weights));
  const auto say = [&](const std::string& name, double share) {
    char line[160];
    std::snprintf(line, sizeof line, "%-40s %5.1f %% of the energy is lost", name.c_str(), 100.0 * share);
    steps.say(line);
  };
  for (const auto& one : projected.energies) {
    say(one.weight, one.share());
  }
  say("all", projected.total().share());
  projected.adapter.training["imported"] = "LoRA";
  projected.adapter.training["lost_energy"] = projected.total().share();
  return std::move(projected.adapter);
}

Adapter sum_of(const Options& options) {
  std::deque<Adapter> adapters;
  std::vector<ampsft::WeightedAdapter<float>> products;
  for (const auto& [file, weight] : options.adapters) {
    adapters.push_back(ampsft::load_adapter<float>(file));
    products.push_back({&adapters.back(), weight * options.scale});
  }
  if (products.size() == 1 && products.front().weight == 1.0) {
    return std::move(adapters.front());  // with the summary of its training
  }
  return ampsft::weighted_sum<float>(std::span(std::as_const(products)));
}

}  // namespace

std::optional<Adapter> make_adapter(const Options& options, example::Pretrained& pretrained, example::Steps& steps) {
  if (!options.import_peft.empty()) {
    steps.begin("the LoRA is imported");
    Adapter adapter = import_peft(options, pretrained, steps);
    return options.scale == 1.0 ? std::move(adapter) : ampsft::scaled(adapter, options.scale);
  }
  if (options.adapters.empty()) {
    return std::nullopt;
  }
  steps.begin("adapters are read");
  return sum_of(options);
}

}  // namespace exporting
