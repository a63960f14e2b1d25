// SPDX-License-Identifier: MIT
/// @file
/// Which configurations can be.
#include <ampsft/model/config.hpp>

#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("presets and the default are valid", "[model]") {
  CHECK_NOTHROW(ModelConfig{}.validate());
  CHECK_NOTHROW(ModelConfig::paper72().validate());
  CHECK_NOTHROW(ModelConfig::gpt2().validate());
  CHECK(ModelConfig::gpt2() == ModelConfig::gpt2());
  CHECK_FALSE(ModelConfig::gpt2() == ModelConfig::paper72());
}

TEST_CASE("what cannot be is refused by the name of the field", "[model]") {
  using Change = std::function<void(ModelConfig&)>;
  const std::pair<const char*, Change> cases[] = {
      {"vocabulary must lie in 1 to 1073741824, not 0", [](auto& c) { c.vocabulary = 0; }},
      {"context must lie in 1 to 1073741824, not -3", [](auto& c) { c.context = -3; }},
      {"hidden_size must lie in 1", [](auto& c) { c.hidden_size = 0; }},
      {"number of layers must lie in 1 to 4096, not 0", [](auto& c) { c.layers = 0; }},
      {"layers[1].window must lie in 0", [](auto& c) { c.layers[1].window = -1; }},
      {"layers[1].rope.theta must be positive", [](auto& c) { c.layers[1].rope = RopeConfig{.theta = 0}; }},
      {"layers[0].rope: an even number", [](auto& c) { c.layers[0].rope = RopeConfig{.dims = 3}; }},
      {"the scaling yarn needs original_context",
       [](auto& c) { c.layers[0].rope = RopeConfig{.scaling = RopeScaling::yarn}; }},
      {"layers[0].rope.short_factors holds 1 numbers, but 8 pairs",
       [](auto& c) {
         c.layers[0].rope = RopeConfig{.scaling = RopeScaling::longrope, .original_context = 8, .short_factors = {1}};
       }},
      {"layers[0].activation silu belongs to a gated MLP", [](auto& c) { c.layers[0].activation = Activation::silu; }},
      {"attention_scale must be positive", [](auto& c) { c.attention_scale = -1.0; }},
      {"end-of-text id 256 is not in the vocabulary", [](auto& c) { c.eos = {256}; }},
      {"heads must lie in 1", [](auto& c) { c.heads = 0; }},
      {"intermediate_size must lie in 1", [](auto& c) { c.intermediate_size = 0; }},
      {"hidden_size 64 does not split into 3 heads", [](auto& c) { c.heads = 3; }},
      {"dropout must lie in [0, 1), not 1", [](auto& c) { c.dropout = 1.0; }},
      {"dropout must lie in", [](auto& c) { c.dropout = -0.5; }},
      {"dropout must lie in", [](auto& c) { c.dropout = std::numeric_limits<double>::quiet_NaN(); }},
      {"norm_epsilon must be positive and finite, not 0", [](auto& c) { c.norm_epsilon = 0.0; }},
  };
  for (const auto& [message, change] : cases) {
    const auto check = [&change = change] {
      ModelConfig config;
      change(config);
      config.validate();
    };
    CHECK_THROWS_WITH(check(), ContainsSubstring(message));
  }
}
