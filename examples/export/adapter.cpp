// SPDX-License-Identifier: MIT
#include "export/adapter.hpp"

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <cstdio>
#include <deque>
#include <span>
#include <utility>

#include "support/adapters.hpp"

namespace exporting {

namespace {

using Adapter = ampsft::ScoreAdapter<float>;

Adapter import_peft(const Options& options, example::Pretrained& pretrained) {
  const auto factors = ampsft::read_peft<float>(options.import_peft, pretrained.facts());
  const auto weights = pretrained.model().weights();
  const auto bases = options.basis.empty() ? ampsft::fit_bases(weights, ampsft::SvdOptions{.rank = options.rank})
                                           : example::read_bases(options.basis);
  auto projected = ampsft::project_factors(factors, bases, ampsft::base_hash(weights));
  for (const auto& one : projected.energies) {
    std::printf("%-40s %5.1f %% of the energy is lost\n", one.weight.c_str(), 100.0 * one.share());
  }
  std::printf("%-40s %5.1f %% of the energy is lost\n", "all", 100.0 * projected.total().share());
  projected.adapter.training["imported"] = "LoRA";
  projected.adapter.training["lost_energy"] = projected.total().share();
  return std::move(projected.adapter);
}

Adapter sum_of(const Options& options) {
  std::deque<Adapter> adapters;
  std::vector<ampsft::WeightedAdapter<float>> terms;
  for (const auto& [file, weight] : options.adapters) {
    adapters.push_back(ampsft::load_adapter<float>(file));
    terms.push_back({&adapters.back(), weight * options.scale});
  }
  if (terms.size() == 1 && terms.front().weight == 1.0) {
    return std::move(adapters.front());  // with the summary of its training
  }
  return ampsft::weighted_sum<float>(std::span(std::as_const(terms)));
}

}  // namespace

std::optional<Adapter> make_adapter(const Options& options, example::Pretrained& pretrained) {
  if (!options.import_peft.empty()) {
    Adapter adapter = import_peft(options, pretrained);
    return options.scale == 1.0 ? std::move(adapter) : ampsft::scaled(adapter, options.scale);
  }
  return options.adapters.empty() ? std::nullopt : std::optional(sum_of(options));
}

}  // namespace exporting
