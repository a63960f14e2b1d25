// SPDX-License-Identifier: MIT
/// @file
/// Adapters that a command line names, and a model that switches between them.
#pragma once

#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/nn/transformer.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace example {

/// An adapter's file, and what it is called.
struct AdapterChoice {
  std::string name;
  std::filesystem::path file;
};

/// What `--adapter` was given: FILE, or NAME=FILE. Throws `ampsft::Error` for a name that is empty, given twice, or
/// "none", which is the base.
[[nodiscard]] inline std::vector<AdapterChoice> adapter_choices(const std::vector<std::string>& texts) {
  std::vector<AdapterChoice> choices;
  for (const std::string& text : texts) {
    std::error_code ignored;
    const std::size_t sign = text.find('=');
    const bool named = sign != std::string::npos && !std::filesystem::exists(text, ignored);
    AdapterChoice choice{named ? text.substr(0, sign) : std::filesystem::path(text).stem().string(),
                         named ? text.substr(sign + 1) : text};
    ampsft::require(!choice.name.empty() && choice.name != "none", "--adapter ", text,
                    " needs a name other than none: --adapter NAME=FILE");
    ampsft::require(
        std::none_of(choices.begin(), choices.end(), [&](const auto& other) { return other.name == choice.name; }),
        "two adapters are called ", choice.name, "; give them names: --adapter NAME=FILE");
    choices.push_back(std::move(choice));
  }
  return choices;
}

/// An adapter and what it is called.
struct NamedAdapter {
  std::string name;
  ampsft::ScoreAdapter<float> adapter;
};

/// The bases in an adapter's file, or in a file of bases.
[[nodiscard]] inline ampsft::BasisByWidth<float> read_bases(const std::filesystem::path& path) {
  const bool adapter = ampsft::SafetensorsFile(path).metadata().contains(ampsft::detail::adapter_key);
  return adapter ? ampsft::load_adapter<float>(path).bases : ampsft::detail::load_bases_by_width<float>(path);
}

/// Reads them all. Throws `ampsft::Error` that names the file.
[[nodiscard]] inline std::vector<NamedAdapter> load_adapters(const std::vector<AdapterChoice>& choices) {
  std::vector<NamedAdapter> adapters;
  for (const AdapterChoice& choice : choices) {
    adapters.push_back({choice.name, ampsft::load_adapter<float>(choice.file)});
  }
  return adapters;
}

/// Gives all of them the bases of every width that any has. Throws `ampsft::Error` if two have different ones of a
/// width.
inline void share_bases(std::vector<NamedAdapter>& adapters) {
  ampsft::BasisByWidth<float> bases;
  std::map<ampsft::Index, std::string> owners;
  for (const auto& [name, adapter] : adapters) {
    for (const auto& [width, basis] : adapter.bases) {
      const std::string& owner = owners.emplace(width, name).first->second;
      const auto [known, is_new] = bases.emplace(width, basis);
      ampsft::require(is_new || ampsft::basis_hash(*known->second) == ampsft::basis_hash(*basis), "the adapters ",
                      owner, " and ", name, " have different bases of width ", width,
                      "; use one at a time, or train the second one with finetune --basis and the first one's file");
    }
  }
  for (auto& one : adapters) {
    one.adapter.bases = bases;
  }
}

/// Gives all of them the same matrices, in the same order: what one does not adapt gets scores of zero. Throws
/// `ampsft::Error` for adapters that are not of one base and one basis.
inline void align_adapters(std::vector<NamedAdapter>& adapters) {
  const auto same = [&](const NamedAdapter& other) {
    const auto& first = adapters.front().adapter.matrices;
    const auto& others = other.adapter.matrices;
    return std::equal(first.begin(), first.end(), others.begin(), others.end(),
                      [](const auto& a, const auto& b) { return a.weights == b.weights; });
  };
  if (std::all_of(adapters.begin(), adapters.end(), same)) {
    return;
  }
  std::vector<ampsft::WeightedAdapter<float>> terms;
  for (const auto& one : adapters) {
    terms.push_back({&one.adapter, 0.0});
  }
  std::vector<ampsft::ScoreAdapter<float>> aligned;
  for (auto& term : terms) {
    term.weight = 1.0;
    aligned.push_back(ampsft::weighted_sum<float>(std::span(std::as_const(terms))));
    term.weight = 0.0;
  }
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    adapters[i].adapter = std::move(aligned[i]);
  }
}

/// A model with any number of adapters, of which one or none is in use; switching moves no weights.
///
/// A truncated adapter replaces the weights that it is for, so it can only be alone, and in use always.
class SwitchedModel {
 public:
  /// Begins with the base, or with the truncated adapter. Throws `ampsft::Error` if an adapter belongs to another model
  /// or does not go with the others.
  SwitchedModel(std::vector<NamedAdapter> adapters, ampsft::Transformer<float>& model) {
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

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// The adapter in use; "none" for the base.
  [[nodiscard]] const std::string& current() const noexcept { return current_; }

  /// Puts an adapter, or the base ("none"), to use. Throws `ampsft::Error`, and changes nothing, for a name that is not
  /// there, and for the base of a truncated adapter.
  void use(const std::string& name) {
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

  /// For a batch in which every sequence has its own: what says so. Null without adapters that can be switched.
  [[nodiscard]] ampsft::VariantSelection<float>* selection() noexcept { return selection_.get(); }
  [[nodiscard]] const ampsft::VariantStore<float>* store() const noexcept { return store_ ? &*store_ : nullptr; }

 private:
  std::vector<std::string> names_;
  std::string current_ = "none";
  std::optional<ampsft::VariantStore<float>> store_;
  std::shared_ptr<ampsft::VariantSelection<float>> selection_;
};

}  // namespace example
