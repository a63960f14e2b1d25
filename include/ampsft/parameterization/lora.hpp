// SPDX-License-Identifier: MIT
/// @file
/// Low-rank adaptation, the baseline: both factors free, one pair a matrix.
#pragma once

#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>

#include <cmath>
#include <memory>
#include <utility>

namespace ampsft {

/// Rank and scaling of LoRA; `alpha` 0 means `alpha = rank`, a scale of 1.
struct LoraOptions {
  Index rank = 8;
  double alpha = 0.0;
  std::uint64_t seed = 0;
  Route route = Route::factored;
};

/// The factors of an adaptation `scale L A` that was made elsewhere.
template <Scalar T>
struct LoraFactors {
  Matrix<T> a;         ///< `r x d`
  Matrix<T> l;         ///< `n x r`
  double scale = 1.0;  ///< `alpha / r`
};

/// `W = W0 + s L A` with `A` (`r x d`) uniform in +-1/sqrt(d), as PEFT starts it, `L` (`n x r`) zero and
/// `s = alpha / r`.
///
/// Leaves `<name>.lora_A` and `<name>.lora_B` (which is `L`); the base is shared and frozen. Cost a token:
/// `2 n d + 2 r (n + d)` operations forward, `2 n d + 4 r (n + d)` backward. Source: Hu et al. 2021.
template <Scalar T>
class LoraParameterization {
 public:
  using scalar = T;

  /// Adapts the weight `base` (`n x d`). Throws `Error` unless `1 <= rank <= min(n, d)` and `alpha >= 0`.
  LoraParameterization(const std::string& name, FrozenBase<T> base, const LoraOptions& options);

  /// Adapts the weight `base` (`n x d`) by given factors. Throws `Error` unless they fit it and each other.
  LoraParameterization(const std::string& name, FrozenBase<T> base, LoraFactors<T> factors,
                       Route route = Route::factored);

  [[nodiscard]] Index rows() const { return base_.rows(); }
  [[nodiscard]] Index cols() const { return base_.cols(); }
  [[nodiscard]] Index rank() const { return ampsft::rows(a_.value); }
  [[nodiscard]] std::string_view kind() const { return "lora"; }
  [[nodiscard]] bool is_adapted() const { return true; }
  [[nodiscard]] const FrozenBase<T>& base() const { return base_; }

  ProductSum<T> products(Variable<T> x);

  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row);

  [[nodiscard]] Matrix<T> materialize() const;

  /// Copies of both factors, and the scale.
  [[nodiscard]] LoraFactors<T> factors() const {
    return {.a = a_.value, .l = l_.value, .scale = static_cast<double>(scale_)};
  }

  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {&a_, &l_}; }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return {base_.named(name_)}; }

 private:
  static Matrix<T> starting_a(const std::string& name, const FrozenBase<T>& base, const LoraOptions& options);

  Variable<T> weight(Tape<T>& tape);

  std::string name_;
  FrozenBase<T> base_;
  Parameter<T> a_;
  Parameter<T> l_;
  T scale_;
  Route route_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/lora_inl.hpp>
#endif
