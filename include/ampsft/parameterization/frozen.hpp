// SPDX-License-Identifier: MIT
/// @file
/// A weight that is not trained, in any form.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>

#include <string>
#include <utility>

namespace ampsft {

/// `W` as it lies; cost `2 n d` operations a token forward, as many backward. It has no leaves.
template <Scalar T>
class FrozenParameterization {
 public:
  using scalar = T;

  /// `base` must be there.
  FrozenParameterization(std::string name, FrozenBase<T> base);

  [[nodiscard]] Index rows() const { return base_.rows(); }
  [[nodiscard]] Index cols() const { return base_.cols(); }
  [[nodiscard]] std::string_view kind() const { return "frozen"; }
  [[nodiscard]] bool is_adapted() const { return false; }
  [[nodiscard]] const FrozenBase<T>& base() const { return base_; }

  ProductSum<T> products(Variable<T> x) { return {{base_.product(x), {}}}; }
  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row) { return base_.gather(tape, row); }
  [[nodiscard]] Matrix<T> materialize() const { return base_.dequantized(); }
  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {}; }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return {base_.named(name_)}; }

 private:
  std::string name_;
  FrozenBase<T> base_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/frozen_inl.hpp>
#endif
