// SPDX-License-Identifier: MIT
/// @file
/// Bodies of variant_store.hpp.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/adapter/variant_store.hpp>
#include <ampsft/core/instances.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
VariantStore<T>::VariantStore(const ScoreAdapter<T>& like)
    : like_{.form = like.form, .bases = like.bases, .matrices = {}, .base = like.base} {
  require(like.form == ScoreForm::exact_start, "variants need the exact-start form, which shares the base's product");
  for (const auto& matrix : like.matrices) {
    slots_.push_back({matrix.weights, rows(matrix.scores), size_, like.basis(matrix)});
    size_ += static_cast<Index>(matrix.scores.size());
  }
}

template <Scalar T>
void VariantStore<T>::add(const std::string& name, const ScoreAdapter<T>& adapter) {
  require(adapter.form == like_.form && adapter.base == like_.base, "the variant '", name,
          "' has another base or form than the store; their hashes are ", adapter.base, " and ", like_.base);
  require(adapter.bases == like_.bases, "the variant '", name, "' has other bases than the store");
  require(adapter.matrices.size() == slots_.size(), "the variant '", name, "' adapts ", adapter.matrices.size(),
          " matrices, but the store's adapt ", slots_.size());
  auto variant = std::make_shared<Variant<T>>(Variant<T>{make_matrix<T>(1, size_)});
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto& matrix = adapter.matrices[i];
    require(matrix.weights == slots_[i].weights && rows(matrix.scores) == slots_[i].rows, "the variant '", name,
            "' adapts ", matrix.weights.front(), " where the store's adapt ", slots_[i].weights.front());
    static_cast<void>(adapter.basis(matrix));  // throws for scores of another rank
    MatrixMap<T>(variant->scores.data() + slots_[i].offset, cols(matrix.scores), rows(matrix.scores)) =
        map(matrix.scores).transpose();
  }
  const std::lock_guard lock(mutex_);
  variants_[name] = std::move(variant);
}

template <Scalar T>
bool VariantStore<T>::remove(const std::string& name) {
  std::shared_ptr<const Variant<T>> freed;  // after the lock
  const std::lock_guard lock(mutex_);
  const auto found = variants_.find(name);
  if (found == variants_.end()) {
    return false;
  }
  freed = std::move(found->second);
  variants_.erase(found);
  return true;
}

template <Scalar T>
std::shared_ptr<const Variant<T>> VariantStore<T>::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = variants_.find(name);
  require(found != variants_.end(), "there is no variant '", name, "' among the ", variants_.size());
  return found->second;
}

template <Scalar T>
std::vector<std::string> VariantStore<T>::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, variant] : variants_) {
    all.push_back(name);
  }
  return all;
}

AMPSFT_INSTANCE(class VariantStore<float>);
AMPSFT_INSTANCE(class VariantStore<double>);

}  // namespace ampsft
