// SPDX-License-Identifier: MIT
/// @file
/// What a tape is made of.
#pragma once

#include <ampsft/autograd/operation.hpp>
#include <ampsft/autograd/parameter.hpp>
#include <ampsft/autograd/storage_pool.hpp>

#include <cstdint>

namespace ampsft::detail {

/// The memory of a tape and of those inside of it.
template <Scalar T>
struct TapePools {
  explicit TapePools(bool plan_only) : plans(plan_only), matrices(plan_only), indices(plan_only) {}
  bool plans;
  StoragePool<T> matrices;
  StoragePool<std::int32_t> indices;
};

/// One matrix on a tape, and the operation that made it.
template <Scalar T>
struct TapeNode {
  Index rows = 0;
  Index cols = 0;
  Matrix<T> owned;
  Matrix<T> gradient;
  const Matrix<T>* external = nullptr;
  Parameter<T>* parameter = nullptr;
  OperationSlot<T> operation;
  bool requires_grad = false;
  bool has_gradient = false;
  bool pooled = false;         // the value is the pool's, and there
  bool read_backward = false;  // by some operation
  bool is_input = false;
};

}  // namespace ampsft::detail
