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
  LoraParameterization(const std::string& name, FrozenBase<T> base, const LoraOptions& options)
      : name_(name),
        base_(std::move(base)),
        a_(name + ".lora_A", starting_a(name, base_, options)),
        l_(name + ".lora_B", make_matrix<T>(base_.rows(), options.rank, T{0})),
        scale_(static_cast<T>(options.alpha == 0.0 ? 1.0 : options.alpha / static_cast<double>(options.rank))),
        route_(options.route) {}

  /// Adapts the weight `base` (`n x d`) by given factors. Throws `Error` unless they fit it and each other.
  LoraParameterization(const std::string& name, FrozenBase<T> base, LoraFactors<T> factors,
                       Route route = Route::factored)
      : name_(name),
        base_(std::move(base)),
        a_(name + ".lora_A", std::move(factors.a)),
        l_(name + ".lora_B", std::move(factors.l)),
        scale_(static_cast<T>(factors.scale)),
        route_(route) {
    require(ampsft::rows(l_.value) == base_.rows() && ampsft::cols(a_.value) == base_.cols() &&
                ampsft::cols(l_.value) == ampsft::rows(a_.value),
            name, ": factors of ", ampsft::rows(l_.value), " x ", ampsft::cols(l_.value), " and ",
            ampsft::rows(a_.value), " x ", ampsft::cols(a_.value), " do not fit a weight of ", base_.rows(), " x ",
            base_.cols());
  }

  [[nodiscard]] Index rows() const { return base_.rows(); }
  [[nodiscard]] Index cols() const { return base_.cols(); }
  [[nodiscard]] Index rank() const { return ampsft::rows(a_.value); }
  [[nodiscard]] std::string_view kind() const { return "lora"; }
  [[nodiscard]] bool is_adapted() const { return true; }
  [[nodiscard]] const FrozenBase<T>& base() const { return base_; }

  ProductSum<T> products(Variable<T> x) {
    Tape<T>& tape = x.tape();
    if (route_ == Route::materialized) {
      return {{{x, weight(tape)}, {}}};
    }
    const Variable<T> z = linear(x, tape.leaf(a_));
    return {{base_.product(x), {z, tape.leaf(l_), scale_}}};
  }

  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) {
    if (route_ == Route::materialized) {
      return ampsft::gather(weight(tape), row);
    }
    return reconstruct<T>(ampsft::gather(tape.leaf(l_), row), tape.leaf(a_), {}, base_.gather(tape, row), scale_);
  }

  [[nodiscard]] Matrix<T> materialize() const {
    Matrix<T> weight = base_.dequantized();
    detail::add_product(weight, scale_, l_.value, a_.value);
    return weight;
  }

  /// Copies of both factors, and the scale.
  [[nodiscard]] LoraFactors<T> factors() const {
    return {.a = a_.value, .l = l_.value, .scale = static_cast<double>(scale_)};
  }

  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {&a_, &l_}; }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return {base_.named(name_)}; }

 private:
  static Matrix<T> starting_a(const std::string& name, const FrozenBase<T>& base, const LoraOptions& options) {
    const Index most = std::min(base.rows(), base.cols());
    require(options.rank >= 1 && options.rank <= most, "LoRA rank ", options.rank, " is outside of [1, ", most,
            "] for ", name);
    require(options.alpha >= 0.0, "LoRA alpha must not be negative, but is ", options.alpha);
    Random random(options.seed);
    const double bound = 1.0 / std::sqrt(static_cast<double>(base.cols()));
    Matrix<T> a = make_matrix<T>(options.rank, base.cols());
    for (T& element : a.storage()) {
      element = static_cast<T>(bound * (2.0 * random.uniform() - 1.0));
    }
    return a;
  }

  Variable<T> weight(Tape<T>& tape) {
    const Variable<T> l = tape.leaf(l_);
    return tape.shared(l, this, [&] { return reconstruct<T>(l, tape.leaf(a_), {}, base_.whole(tape), scale_); });
  }

  std::string name_;
  FrozenBase<T> base_;
  Parameter<T> a_;
  Parameter<T> l_;
  T scale_;
  Route route_;
};

AMPSFT_INSTANCE(class LoraParameterization<float>);
AMPSFT_INSTANCE(class LoraParameterization<double>);

}  // namespace ampsft
