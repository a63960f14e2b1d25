// SPDX-License-Identifier: MIT
/// @file
/// A model that switches between adapters.
#pragma once

#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/model/transformer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/adapters.hpp"

namespace example {

/// A model with any number of adapters, of which one or none is in use; switching moves no weights.
///
/// A truncated adapter replaces the weights that it is for, so it can only be alone, and in use always.
class SwitchedModel {
 public:
  /// Begins with the base, or with the truncated adapter. Throws `ampsft::Error` if an adapter belongs to another model
  /// or does not go with the others.
  SwitchedModel(std::vector<NamedAdapter> adapters, ampsft::Transformer<float>& model);

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// The adapter in use; "none" for the base.
  [[nodiscard]] const std::string& current() const noexcept { return current_; }

  /// Puts an adapter, or the base ("none"), to use. Throws `ampsft::Error`, and changes nothing, for a name that is not
  /// there, and for the base of a truncated adapter.
  void use(const std::string& name);

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
