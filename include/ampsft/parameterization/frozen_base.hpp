// SPDX-License-Identifier: MIT
/// @file
/// The matrix that scores or factors are added to, in whichever form it lies.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/product.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/linalg/row_block.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace ampsft {

/// A frozen matrix, possibly shared between weights, by its stable name.
template <Scalar T>
struct NamedBuffer {
  std::string name;
  const Matrix<T>* value;                  ///< or none, where it lies in another form:
  const FrozenWeight<T>* other = nullptr;  ///< that

  /// Bytes that it occupies.
  [[nodiscard]] Index bytes() const;

  /// Tells one matrix from another.
  [[nodiscard]] const void* identity() const noexcept;
};

/// A shared weight of `n x d`: a matrix of `T`, or one in another form (autograd/frozen_weight.hpp).
///
/// What is added to it takes it for frozen. The base of a dense weight may be trained as long as nothing is added.
template <Scalar T>
class FrozenBase {
 public:
  FrozenBase() = default;
  FrozenBase(std::shared_ptr<const Matrix<T>> matrix)  // NOLINT(google-explicit-constructor): what is a base
      : matrix_(std::move(matrix)) {}
  FrozenBase(std::shared_ptr<const FrozenWeight<T>> other)  // NOLINT(google-explicit-constructor)
      : other_(std::move(other)) {}

  explicit operator bool() const noexcept { return matrix_ != nullptr || other_ != nullptr; }

  [[nodiscard]] Index rows() const { return matrix_ ? ampsft::rows(*matrix_) : other_->rows(); }
  [[nodiscard]] Index cols() const { return matrix_ ? ampsft::cols(*matrix_) : other_->cols(); }

  /// The matrix, where it lies as one of `T`; or none.
  [[nodiscard]] const std::shared_ptr<const Matrix<T>>& matrix() const noexcept { return matrix_; }

  /// For the list of what is frozen.
  [[nodiscard]] NamedBuffer<T> named(const std::string& name) const { return {name, matrix_.get(), other_.get()}; }

  /// `x W'`.
  [[nodiscard]] Product<T> product(Variable<T> x) const;

  /// The rows `W[row]`.
  [[nodiscard]] Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) const;

  /// All of it on a tape, for the materialised route.
  [[nodiscard]] Variable<T> whole(Tape<T>& tape) const;

  /// A copy, `n x d`.
  [[nodiscard]] Matrix<T> dequantized() const { return matrix_ ? *matrix_ : other_->dequantized(); }

  /// Its rows, to be read a few at a time, whatever form they lie in; it must outlive them where it is a matrix of `T`.
  [[nodiscard]] RowBlock<T> rows_named(std::string name) const;

 private:
  std::shared_ptr<const Matrix<T>> matrix_;
  std::shared_ptr<const FrozenWeight<T>> other_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/frozen_base_inl.hpp>
#endif
