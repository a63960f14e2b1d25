// SPDX-License-Identifier: MIT
#include "support/adapters.hpp"

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace example {

std::vector<NamedAdapter> load_adapters(const std::vector<AdapterChoice>& choices) {
  std::vector<NamedAdapter> adapters;
  for (const AdapterChoice& choice : choices) {
    adapters.push_back({choice.name, ampsft::load_adapter<float>(choice.file)});
  }
  return adapters;
}

void share_bases(std::vector<NamedAdapter>& adapters) {
  ampsft::BasisSet<float> bases;
  std::map<ampsft::Index, std::string> owners;
  for (const auto& [name, adapter] : adapters) {
    for (const auto& [width, basis] : adapter.bases) {
      const std::string& owner = owners.emplace(width, name).first->second;
      const auto known = bases.find(width);
      ampsft::require(known == nullptr || ampsft::same_basis(known, basis), "the adapters ", owner, " and ", name,
                      " have different bases of width ", width,
                      "; use one at a time, or train the second one with finetune --basis and the first one's file");
      bases.insert(basis);
    }
  }
  for (auto& one : adapters) {
    one.adapter.bases = bases;
  }
}

void align_adapters(std::vector<NamedAdapter>& adapters) {
  const auto same = [&](const NamedAdapter& other) {
    const auto& first = adapters.front().adapter.matrices;
    const auto& others = other.adapter.matrices;
    return std::equal(first.begin(), first.end(), others.begin(), others.end(),
                      [](const auto& a, const auto& b) { return a.weights == b.weights; });
  };
  if (std::all_of(adapters.begin(), adapters.end(), same)) {
    return;
  }
  std::vector<ampsft::WeightedAdapter<float>> products;
  for (const auto& one : adapters) {
    products.push_back({&one.adapter, 0.0});
  }
  std::vector<ampsft::ScoreAdapter<float>> aligned;
  for (auto& term : products) {
    term.weight = 1.0;
    aligned.push_back(ampsft::weighted_sum<float>(std::span(std::as_const(products))));
    term.weight = 0.0;
  }
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    adapters[i].adapter = std::move(aligned[i]);
  }
}

}  // namespace example
