// SPDX-License-Identifier: MIT
/// @file
/// Where the matrices of a new model come from.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <cstdint>
#include <string>

namespace ampsft {

/// Gives a model under construction its matrices one by one, in the order of the computation, so that no more than one
/// of them need be in memory twice.
template <Scalar T>
class WeightSource {
 public:
  WeightSource() = default;
  WeightSource(const WeightSource&) = delete;
  WeightSource& operator=(const WeightSource&) = delete;
  virtual ~WeightSource() = default;

  /// The values of a parameter; `stddev` is what random ones are to have.
  [[nodiscard]] virtual Matrix<T> matrix(const std::string& name, Index rows, Index cols, double stddev) = 0;

  /// The weight of a layer, outputs x inputs, in whichever form.
  [[nodiscard]] virtual Weight<T> weight(const std::string& name, Index outputs, Index inputs, double stddev);
};

/// Normal random numbers.
template <Scalar T>
class RandomWeights final : public WeightSource<T> {
 public:
  explicit RandomWeights(std::uint64_t seed) : random_(seed), model_seed(random_()) {}

  [[nodiscard]] Matrix<T> matrix(const std::string&, Index rows, Index cols, double stddev) override;

 private:
  Random random_;

 public:
  std::uint64_t model_seed;  ///< of the model's own random generator, drawn before any weight
};

/// No values at all: for a model that is only asked for what depends on shapes, as plans of memory are. Its matrices
/// take addresses, but hardly any memory, until they are written.
template <Scalar T>
class UnfilledWeights final : public WeightSource<T> {
 public:
  [[nodiscard]] Matrix<T> matrix(const std::string&, Index rows, Index cols, double) override;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/weight_source_inl.hpp>
#endif
