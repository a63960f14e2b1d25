// SPDX-License-Identifier: MIT
#include "support/switched_model.hpp"

#include <ampsft/core/error.hpp>

#include <algorithm>

namespace example {

SwitchedModel::SwitchedModel(std::vector<NamedAdapter> adapters, ampsft::Transformer<float>& model) {
  for (const auto& [name, adapter] : adapters) {
    names_.push_back(name);
    ampsft::require(adapter.form == ampsft::ScoreForm::exact_start || adapters.size() == 1, "the adapter ", name,
                    " is of the truncated form, which has no base in common with others; give it alone");
  }
  if (adapters.empty()) {
    return;
  }
  if (adapters.front().adapter.form == ampsft::ScoreForm::truncated) {
    ampsft::attach_adapter(adapters.front().adapter, model.weights());
    current_ = names_.front();
    return;
  }
  share_bases(adapters);
  align_adapters(adapters);
  store_.emplace(adapters.front().adapter);
  for (const auto& [name, adapter] : adapters) {
    store_->add(name, adapter);
  }
  selection_ = ampsft::attach_variants(*store_, model.weights());
}

void SwitchedModel::use(const std::string& name) {
  const bool base = name == "none";
  ampsft::require(base || std::find(names_.begin(), names_.end(), name) != names_.end(), "there is no adapter ", name,
                  "; /adapters lists those that are there");
  if (selection_ != nullptr) {
    selection_->use(base ? nullptr : store_->find(name));
  } else {
    ampsft::require(name == current_, "the adapter ", current_, " is truncated: its base is not there any more");
  }
  current_ = name;
}

}  // namespace example
