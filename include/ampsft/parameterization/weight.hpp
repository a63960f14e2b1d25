// SPDX-License-Identifier: MIT
/// @file
/// The one place where a parameterisation's type is erased: the weight of a layer.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/dense.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// A layer's weight matrix: a name and whichever parameterisation stands behind it.
///
/// Copies share the parameterisation: that is how a tied LM head uses the token embedding's matrix, so that both
/// gradients add up in the same leaves.
template <Scalar T>
class Weight {
 public:
  /// A dense weight of `n x d` (outputs x inputs).
  Weight(const std::string& name, Matrix<T> matrix) : Weight(name, DenseParameterization<T>(name, std::move(matrix))) {}

  template <Parameterization P>
  requires std::same_as<typename P::scalar, T> Weight(std::string name, P parameterization)
      : name_(std::move(name)), model_(std::make_shared<Model<P>>(std::move(parameterization))) {}

  /// This weight's parameterisation under another name.
  [[nodiscard]] Weight tied(const std::string& name) const;

  /// Whether both weights have the same parameterisation, not merely equal ones.
  [[nodiscard]] bool is_tied_to(const Weight& other) const noexcept { return model_ == other.model_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Index rows() const { return model_->rows(); }
  [[nodiscard]] Index cols() const { return model_->cols(); }
  [[nodiscard]] std::string_view kind() const { return model_->kind(); }

  /// The products whose sum is `x W'`; `x` is `T x cols()`. The tape's observer is told of `x`.
  [[nodiscard]] ProductSum<T> products(Variable<T> x) const;

  /// `x W' + 1 bias'`; the bias is `1 x rows()` or empty.
  [[nodiscard]] Variable<T> forward(Variable<T> x, Variable<T> bias = {}) const { return linear<T>(products(x), bias); }

  /// The rows `W[row]`.
  [[nodiscard]] Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) const;

  /// A copy of `W`, `rows() x cols()`.
  [[nodiscard]] Matrix<T> materialize() const { return model_->materialize(); }

  [[nodiscard]] std::vector<Parameter<T>*> leaves() const { return model_->leaves(); }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return model_->buffers(); }

  /// Whether scores or factors stand on another matrix, its base.
  [[nodiscard]] bool is_adapted() const { return model_->is_adapted(); }

  /// That matrix, or the weight's own where it is not adapted, without a copy; nothing where adapting has dropped it
  /// (`base_of` throws then).
  [[nodiscard]] FrozenBase<T> base() const { return model_->base(); }

  /// The parameter that is `W` itself, or null where `W` is frozen or adapted. It lives as long as the weight.
  [[nodiscard]] Parameter<T>* own_parameter() const;

  /// The parameterisation itself, if it is of this type, else nothing; for what only this type has, say its scores.
  /// It lives as long as the pointer.
  template <Parameterization P>
  requires std::same_as<typename P::scalar, T>
  [[nodiscard]] std::shared_ptr<P> as() const {
    const auto model = std::dynamic_pointer_cast<Model<P>>(model_);
    return model ? std::shared_ptr<P>(model, &model->parameterization) : nullptr;
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Index rows() const = 0;
    virtual Index cols() const = 0;
    virtual std::string_view kind() const = 0;
    virtual ProductSum<T> products(Variable<T> x) = 0;
    virtual Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) = 0;
    virtual Matrix<T> materialize() const = 0;
    virtual bool is_adapted() const = 0;
    virtual FrozenBase<T> base() const = 0;
    virtual std::vector<Parameter<T>*> leaves() = 0;
    virtual std::vector<NamedBuffer<T>> buffers() const = 0;
  };

  template <class P>
  struct Model final : Interface {
    explicit Model(P&& p) : parameterization(std::move(p)) {}
    Index rows() const override { return parameterization.rows(); }
    Index cols() const override { return parameterization.cols(); }
    std::string_view kind() const override { return parameterization.kind(); }
    ProductSum<T> products(Variable<T> x) override { return parameterization.products(x); }
    Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) override {
      return parameterization.gather(tape, row);
    }
    Matrix<T> materialize() const override { return parameterization.materialize(); }
    bool is_adapted() const override { return parameterization.is_adapted(); }
    FrozenBase<T> base() const override { return parameterization.base(); }
    std::vector<Parameter<T>*> leaves() override { return parameterization.leaves(); }
    std::vector<NamedBuffer<T>> buffers() const override { return parameterization.buffers(); }
    P parameterization;
  };

  std::string name_;
  std::shared_ptr<Interface> model_;
};

/// Weights by reference, in a stable order.
template <Scalar T>
using WeightList = std::vector<Weight<T>*>;

/// The matrix under scores or factors, or the weight itself where it is not adapted.
///
/// Throws `Error` for a weight that keeps no such matrix, as the truncated form of scores does.
template <Scalar T>
[[nodiscard]] FrozenBase<T> base_of(const Weight<T>& weight);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/weight_inl.hpp>
#endif
