// SPDX-License-Identifier: MIT
/// @file
/// Bodies of replica.hpp.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/train/communicator.hpp>
#include <ampsft/train/replica.hpp>

#include <array>
#include <span>
#include <string>

namespace ampsft::detail {

template <Scalar T>
void add_to_checksum(Checksum& checksum, const Matrix<T>& matrix) {
  checksum.update(std::as_bytes(std::span(matrix.data(), matrix.size())));
}

template <Scalar T>
void add_rows_to_checksum(Checksum& checksum, const FrozenWeight<T>& weight) {
  Matrix<T> row = make_matrix<T>(1, weight.cols());
  for (Index i = 0; i < weight.rows(); ++i) {
    weight.copy_row(i, row.data());
    add_to_checksum(checksum, row);
  }
}

AMPSFT_INSTANCE(void add_to_checksum(Checksum& checksum, const Matrix<float>& matrix));
AMPSFT_INSTANCE(void add_to_checksum(Checksum& checksum, const Matrix<double>& matrix));
AMPSFT_INSTANCE(void add_rows_to_checksum(Checksum& checksum, const FrozenWeight<float>& weight));
AMPSFT_INSTANCE(void add_rows_to_checksum(Checksum& checksum, const FrozenWeight<double>& weight));

}  // namespace ampsft::detail
