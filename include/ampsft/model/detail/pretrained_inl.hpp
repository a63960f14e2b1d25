// SPDX-License-Identifier: MIT
/// @file
/// How models are read from files.
#pragma once

#include <ampsft/autograd/quantized_weight.hpp>
#include <ampsft/core/glob.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/detail/stored_tensors.hpp>
#include <ampsft/model/load_options.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <concepts>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

template <Scalar T>
class PretrainedWeights final : public WeightSource<T> {
 public:
  PretrainedWeights(std::shared_ptr<const StoredTensors> tensors, LoadOptions options)
      : tensors_(std::move(tensors)), options_(std::move(options)) {}

  [[nodiscard]] Matrix<T> matrix(const std::string& name, Index rows, Index cols, double) override {
    Matrix<T> values = make_matrix<T>(rows, cols);
    tensors_->read(name, values);
    return values;
  }

  [[nodiscard]] Weight<T> weight(const std::string& name, Index outputs, Index inputs, double stddev) override {
    if (options_.storage == WeightStorage::dense || !is_chosen(name)) {
      return WeightSource<T>::weight(name, outputs, inputs, stddev);
    }
    return Weight<T>(name, FrozenParameterization<T>(name, frozen(name, outputs, inputs)));
  }

 private:
  [[nodiscard]] bool is_chosen(const std::string& name) const {
    return std::any_of(options_.patterns.begin(), options_.patterns.end(),
                       [&](const std::string& pattern) { return matches_glob(pattern, name); });
  }

  [[nodiscard]] FrozenBase<T> frozen(const std::string& name, Index outputs, Index inputs) {
    if (options_.storage == WeightStorage::as_stored) {
      if (const auto stored = tensors_->rows_in_place(name)) {
        require(stored->rows == outputs && stored->cols == inputs, name, ": the file holds ", stored->rows, " x ",
                stored->cols, " numbers, but the model has ", outputs, " x ", inputs);
        return std::shared_ptr<const FrozenWeight<T>>(
            std::make_shared<const QuantizedWeight<T>>(name, stored->format, stored->bytes, outputs, inputs, tensors_));
      }
    } else if constexpr (std::same_as<T, float>) {
      return std::shared_ptr<const FrozenWeight<T>>(
          std::make_shared<const Bf16Weight<T>>(matrix(name, outputs, inputs, 0)));
    }
    return std::make_shared<const Matrix<T>>(matrix(name, outputs, inputs, 0));
  }

  std::shared_ptr<const StoredTensors> tensors_;
  LoadOptions options_;
};

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
Transformer<T> load_pretrained(const std::filesystem::path& path, const LoadOptions& options) {
  require(options.storage != WeightStorage::bf16 || std::same_as<T, float>, path,
          ": weights are kept in bf16 for models in float only");
  const auto tensors = std::make_shared<const detail::StoredTensors>(path);
  detail::PretrainedWeights<T> source(tensors, options);
  Transformer<T> model(tensors->config(), source);
  for (auto* parameter : model.parameters()) {
    if (parameter->is_vector) {
      tensors->read(parameter->name, parameter->value);
    }
  }
  return model;
}

AMPSFT_INSTANCE(Transformer<float> load_pretrained(const std::filesystem::path& path, const LoadOptions& options));
AMPSFT_INSTANCE(Transformer<double> load_pretrained(const std::filesystem::path& path, const LoadOptions& options));

}  // namespace ampsft
