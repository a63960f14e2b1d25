// SPDX-License-Identifier: MIT
/// @file
/// The models that tools/fixtures/gpt2_reference.py ran in PyTorch.
#pragma once

#include <ampsft/io/safetensors.hpp>
#include <ampsft/model/transformer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace ampsft::test {

inline const char* const references[] = {"gpt2_tied", "gpt2_untied"};

/// One fixture: weights, inputs and the numbers that PyTorch got from them.
class Reference {
 public:
  explicit Reference(const std::string& name)
      : file_(concat(AMPSFT_TEST_DATA, "/fixtures/", name, ".safetensors")),
        tokens(integers("tokens")),
        targets(integers("targets")) {}

  [[nodiscard]] const std::string& setting(const std::string& key) const { return file_.metadata().at(key); }

  [[nodiscard]] ModelConfig config() const {
    ModelConfig config;
    config.vocabulary = std::stol(setting("vocabulary"));
    config.context = std::stol(setting("context"));
    config.hidden_size = std::stol(setting("width"));
    config.layers = {std::stol(setting("layers")),
                     {.activation = setting("activation") == "tanh" ? Activation::gelu_tanh : Activation::gelu_erf}};
    config.heads = std::stol(setting("heads"));
    config.intermediate_size = std::stol(setting("intermediate_size"));
    config.tied_head = setting("tied_head") == "True";
    config.attention_bias = config.attention_output_bias = config.mlp_bias = setting("linear_bias") == "True";
    config.norm_bias = setting("norm_bias") == "True";
    config.head_bias = setting("head_bias") == "True";
    return config;
  }

  [[nodiscard]] Matrix<double> matrix(const std::string& name) const { return file_.read_matrix<double>(name); }

  /// The model with the fixture's weights; every parameter must be there, in its shape.
  template <Scalar T>
  [[nodiscard]] Transformer<T> model() const {
    Transformer<T> model(config());
    std::size_t stored = 0;
    for (auto* parameter : model.parameters()) {
      file_.read_into("weight." + parameter->name, parameter->value);
    }
    for (const auto& name : file_.names()) {
      stored += name.starts_with("weight.") ? 1 : 0;
    }
    REQUIRE(stored == model.parameters().size());
    return model;
  }

 private:
  [[nodiscard]] std::vector<std::int32_t> integers(const std::string& name) const {
    const auto values = file_.read_integers(name);
    return {values.begin(), values.end()};
  }

  SafetensorsFile file_;

 public:
  std::vector<std::int32_t> tokens;   ///< two sequences
  std::vector<std::int32_t> targets;  ///< some ignored
  static constexpr Index sequences = 2;
};

/// Largest |actual - expected| over the largest |expected|; infinite if the shapes differ.
///
/// Numbers below 1e-3 count as that large: the gradient of a key bias is 0 but for rounding.
template <Scalar T>
[[nodiscard]] double relative_difference(const Matrix<T>& actual, const Matrix<double>& expected) {
  if (actual.shape() != expected.shape()) {
    return std::numeric_limits<double>::infinity();
  }
  return (map(actual).template cast<double>() - map(expected)).cwiseAbs().maxCoeff() /
         std::max(1e-3, map(expected).cwiseAbs().maxCoeff());
}

}  // namespace ampsft::test
