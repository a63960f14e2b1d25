// SPDX-License-Identifier: MIT
/// @file
/// Which configurations can be.
#include <ampsft/model/transformer_config.hpp>

#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("presets and the default are valid", "[model]") {
  CHECK_NOTHROW(TransformerConfig{}.validate());
  CHECK_NOTHROW(TransformerConfig::paper72().validate());
  CHECK_NOTHROW(TransformerConfig::gpt2().validate());
  CHECK(TransformerConfig::gpt2() == TransformerConfig::gpt2());
  CHECK_FALSE(TransformerConfig::gpt2() == TransformerConfig::paper72());
}

TEST_CASE("what cannot be is refused by the name of the field", "[model]") {
  using Change = std::function<void(TransformerConfig&)>;
  const std::pair<const char*, Change> cases[] = {
      {"vocabulary must be positive, not 0", [](auto& c) { c.vocabulary = 0; }},
      {"context must be positive, not -3", [](auto& c) { c.context = -3; }},
      {"width must be positive", [](auto& c) { c.width = 0; }},
      {"layers must be positive", [](auto& c) { c.layers = 0; }},
      {"heads must be positive", [](auto& c) { c.heads = 0; }},
      {"intermediate_size must be positive", [](auto& c) { c.intermediate_size = 0; }},
      {"width 64 does not split into 3 heads", [](auto& c) { c.heads = 3; }},
      {"dropout must be in [0, 1), not 1", [](auto& c) { c.dropout = 1.0; }},
      {"dropout must be", [](auto& c) { c.dropout = -0.5; }},
      {"dropout must be", [](auto& c) { c.dropout = std::numeric_limits<double>::quiet_NaN(); }},
      {"norm_epsilon must be positive, not 0", [](auto& c) { c.norm_epsilon = 0.0; }},
  };
  for (const auto& [message, change] : cases) {
    TransformerConfig config;
    change(config);
    CHECK_THROWS_WITH(config.validate(), ContainsSubstring(message));
  }
}
