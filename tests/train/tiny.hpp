// SPDX-License-Identifier: MIT
/// @file
/// A model and a text that train in milliseconds.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/data/token_stream.hpp>
#include <ampsft/model/transformer.hpp>

#include <cstdint>
#include <vector>

namespace tiny {

inline ampsft::ModelConfig config() {
  ampsft::ModelConfig config;
  config.vocabulary = 11;
  config.context = 6;
  config.hidden_size = 8;
  config.layers = 1;
  config.heads = 2;
  config.intermediate_size = 12;
  return config;
}

/// Tokens that repeat with period 5, so that there is something to learn.
inline ampsft::TokenStream text(ampsft::Index tokens = 80, ampsft::Index length = 6) {
  std::vector<std::int32_t> ids;
  for (ampsft::Index i = 0; i < tokens; ++i) {
    ids.push_back(static_cast<std::int32_t>(i * i % 5));
  }
  return {ids, length};
}

/// Values of all parameters, one after the other.
template <ampsft::Scalar T>
std::vector<T> values(const ampsft::ParameterList<T>& parameters) {
  std::vector<T> all;
  for (const auto* parameter : parameters) {
    all.insert(all.end(), parameter->value.storage().begin(), parameter->value.storage().end());
  }
  return all;
}

}  // namespace tiny
