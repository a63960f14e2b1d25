// SPDX-License-Identifier: MIT
/// @file
/// Many fine-tunings of one model in memory: one base, one basis a width, and the scores of each.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/score_adapter.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// The scores of one variant, one matrix after the other; never changed once it is in a store.
template <Scalar T>
struct Variant {
  Matrix<T> scores;  ///< one row: those of all matrices of the store, each transposed, `K x n`, row-major
};

/// Where the scores of one matrix lie in every variant.
template <Scalar T>
struct VariantSlot {
  std::vector<std::string> weights;  ///< that use them
  Index rows = 0;
  Index offset = 0;
  std::shared_ptr<const UniversalBasis<T>> basis;
};

/// Variants by name. All functions may be called from any threads at once.
///
/// Readers get a shared pointer: a variant that is removed or replaced lives on for those who still use it, and no
/// weight moves. A lock is held for a look-up, never while scores are copied or read. Memory a variant: its scores, its
/// name and some 200 bytes.
template <Scalar T>
class VariantStore {
 public:
  /// For adapters that have the base, the bases and the matrices of this one (which is not added).
  ///
  /// Throws `Error` for the truncated form, whose variants share no base product.
  explicit VariantStore(const ScoreAdapter<T>& like)
      : like_{.form = like.form, .bases = like.bases, .matrices = {}, .base = like.base} {
    require(like.form == ScoreForm::exact_start, "variants need the exact-start form, which shares the base's product");
    for (const auto& matrix : like.matrices) {
      slots_.push_back({matrix.weights, rows(matrix.scores), size_, like.basis(matrix)});
      size_ += static_cast<Index>(matrix.scores.size());
    }
  }

  [[nodiscard]] const std::vector<VariantSlot<T>>& slots() const noexcept { return slots_; }
  [[nodiscard]] const std::string& base() const noexcept { return like_.base; }

  /// Adds a variant, or replaces the one of that name. Throws `Error`, and changes nothing, if the adapter has another
  /// base, other bases or other matrices than the store.
  void add(const std::string& name, const ScoreAdapter<T>& adapter) {
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

  /// Whether there was one of that name.
  bool remove(const std::string& name) {
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

  /// Throws `Error` if there is none of that name.
  [[nodiscard]] std::shared_ptr<const Variant<T>> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = variants_.find(name);
    require(found != variants_.end(), "there is no variant '", name, "' among the ", variants_.size());
    return found->second;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [name, variant] : variants_) {
      all.push_back(name);
    }
    return all;
  }

  /// Bytes of one variant's scores.
  [[nodiscard]] Index bytes_each() const noexcept { return size_ * static_cast<Index>(sizeof(T)); }

 private:
  ScoreAdapter<T> like_;  // without scores
  std::vector<VariantSlot<T>> slots_;
  Index size_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Variant<T>>> variants_;
};

}  // namespace ampsft
