// SPDX-License-Identifier: MIT
/// @file
/// The one place where a parameterisation's type is erased: the weight of a layer.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/dense.hpp>
#include <ampsft/parameterization/frozen.hpp>

#include <memory>
#include <utility>

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
  [[nodiscard]] Weight tied(const std::string& name) const {
    Weight other = *this;
    other.name_ = name;
    return other;
  }

  /// Whether both weights have the same parameterisation, not merely equal ones.
  [[nodiscard]] bool is_tied_to(const Weight& other) const noexcept { return model_ == other.model_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Index rows() const { return model_->rows(); }
  [[nodiscard]] Index cols() const { return model_->cols(); }
  [[nodiscard]] std::string_view kind() const { return model_->kind(); }

  /// The products whose sum is `x W'`; `x` is `T x cols()`. The tape's observer is told of `x`.
  [[nodiscard]] ProductSum<T> products(Variable<T> x) const {
    x.tape().note_input(name_, x);
    return model_->products(x);
  }

  /// `x W' + 1 bias'`; the bias is `1 x rows()` or empty.
  [[nodiscard]] Variable<T> forward(Variable<T> x, Variable<T> bias = {}) const { return linear<T>(products(x), bias); }

  /// The rows `W[row]`.
  [[nodiscard]] Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) const {
    return model_->gather(tape, row);
  }

  /// A copy of `W`, `rows() x cols()`.
  [[nodiscard]] Matrix<T> materialize() const { return model_->materialize(); }

  [[nodiscard]] std::vector<Parameter<T>*> leaves() const { return model_->leaves(); }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return model_->buffers(); }

  /// The dense matrix without a copy, or nothing if the weight is not dense. It lives as long as the pointer.
  [[nodiscard]] std::shared_ptr<const Matrix<T>> dense() const {
    const auto dense = std::dynamic_pointer_cast<Model<DenseParameterization<T>>>(model_);
    return dense ? std::shared_ptr<const Matrix<T>>(dense, &dense->parameterization.leaves().front()->value) : nullptr;
  }

  /// The parameterisation itself, if it is of this type, else nothing. It lives as long as the pointer.
  template <Parameterization P>
  requires std::same_as<typename P::scalar, T>
  [[nodiscard]] std::shared_ptr<P> as() const {
    const auto model = std::dynamic_pointer_cast<Model<P>>(model_);
    return model ? std::shared_ptr<P>(model, &model->parameterization) : nullptr;
  }

  /// What scores or factors can be put upon: the dense matrix, or a frozen one in any form; else nothing.
  [[nodiscard]] FrozenBase<T> base() const {
    if (auto matrix = dense()) {
      return matrix;
    }
    const auto frozen = std::dynamic_pointer_cast<Model<FrozenParameterization<T>>>(model_);
    return frozen ? frozen->parameterization.base() : FrozenBase<T>();
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

AMPSFT_INSTANCE(class Weight<float>);
AMPSFT_INSTANCE(class Weight<double>);

}  // namespace ampsft
