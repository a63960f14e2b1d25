// SPDX-License-Identifier: MIT
/// @file
/// Many fine-tunings of one model in memory: one base, one basis a width, and the scores of each.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/score_adapter.hpp>
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
  explicit VariantStore(const ScoreAdapter<T>& like);

  [[nodiscard]] const std::vector<VariantSlot<T>>& slots() const noexcept { return slots_; }
  [[nodiscard]] const std::string& base() const noexcept { return like_.base; }

  /// Adds a variant, or replaces the one of that name. Throws `Error`, and changes nothing, if the adapter has another
  /// base, other bases or other matrices than the store.
  void add(const std::string& name, const ScoreAdapter<T>& adapter);

  /// Whether there was one of that name.
  bool remove(const std::string& name);

  /// Throws `Error` if there is none of that name.
  [[nodiscard]] std::shared_ptr<const Variant<T>> find(const std::string& name) const;

  [[nodiscard]] std::vector<std::string> names() const;

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

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/variant_store_inl.hpp>
#endif
