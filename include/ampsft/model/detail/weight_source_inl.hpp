// SPDX-License-Identifier: MIT
/// @file
/// Bodies of weight_source.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/model/weight_source.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <cstdint>
#include <string>

namespace ampsft {

template <Scalar T>
Weight<T> WeightSource<T>::weight(const std::string& name, Index outputs, Index inputs, double stddev) {
  return Weight<T>(name, matrix(name, outputs, inputs, stddev));
}

template <Scalar T>
Matrix<T> RandomWeights<T>::matrix(const std::string&, Index rows, Index cols, double stddev) {
  Matrix<T> matrix = make_matrix<T>(rows, cols);
  fill_normal(matrix, stddev, random_);
  return matrix;
}

template <Scalar T>
Matrix<T> UnfilledWeights<T>::matrix(const std::string&, Index rows, Index cols, double) {
  return make_matrix<T>(rows, cols);
}

AMPSFT_INSTANCE(class WeightSource<float>);
AMPSFT_INSTANCE(class WeightSource<double>);
AMPSFT_INSTANCE(class RandomWeights<float>);
AMPSFT_INSTANCE(class RandomWeights<double>);
AMPSFT_INSTANCE(class UnfilledWeights<float>);
AMPSFT_INSTANCE(class UnfilledWeights<double>);

}  // namespace ampsft
