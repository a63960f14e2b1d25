// SPDX-License-Identifier: MIT
/// @file
/// Frequencies against those of transformers.
#include <ampsft/io/safetensors.hpp>
#include <ampsft/model/rope_frequencies.hpp>

#include <cmath>
#include <filesystem>
#include <string>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("scaled frequencies are those of transformers", "[model]") {
  // the settings of tools/fixtures/pretrained_models.py
  const SafetensorsFile file(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "rotary.safetensors");
  RopeConfig linear;
  linear.scaling = RopeScaling::linear;
  linear.factor = 4;
  RopeConfig llama3;
  llama3.theta = 500000;
  llama3.scaling = RopeScaling::llama3;
  llama3.factor = 32;
  llama3.original_context = 8192;
  RopeConfig yarn;
  yarn.theta = 1000000;
  yarn.scaling = RopeScaling::yarn;
  yarn.factor = 4;
  yarn.original_context = 32768;
  yarn.attention_factor = yarn_attention_factor(4);
  for (const auto& [name, config] : {std::pair{"linear", linear}, {"llama3", llama3}, {"yarn", yarn}}) {
    INFO(name);
    const Matrix<double> expected = file.read_matrix<double>(name);
    const auto frequencies = rope_frequencies(config, 64);
    REQUIRE(frequencies.size() == expected.size());
    for (std::size_t j = 0; j < frequencies.size(); ++j) {
      CHECK(std::abs(frequencies[j] / expected.data()[j] - 1) < 1e-6);  // theirs are in float
    }
    CHECK(std::abs(rope_magnitude(config) - file.read_matrix<double>(std::string(name) + ".magnitude")(0, 0)) < 1e-12);
  }
}

TEST_CASE("plain frequencies fall from one radian by powers of theta; frequency factors divide them", "[model]") {
  RopeConfig config;
  config.theta = 100;
  const auto plain = rope_frequencies(config, 4);
  CHECK(plain == std::vector<double>{1.0, 0.1});
  config.frequency_factors = {2, 8};
  const auto divided = rope_frequencies(config, 4);
  CHECK(divided == std::vector<double>{plain[0] / 2, plain[1] / 8});
  CHECK_THROWS_WITH(rope_frequencies(config, 6), ContainsSubstring("2 frequency factors for 3 pairs"));
  CHECK_THROWS_WITH(rope_frequencies(config, 5), ContainsSubstring("must rotate, not 5"));

  RopeConfig part{.theta = 100, .dims = 4};
  CHECK(rope_frequencies(part, 10) == plain);
  part.scaling = RopeScaling::longrope;
  part.original_context = 8;
  part.short_factors = {1, 2};
  part.long_factors = {4, 8};
  CHECK(rope_frequencies(part, 10) == std::vector<double>{plain[0], plain[1] / 2});
  CHECK(rope_frequencies(part, 10, true) == std::vector<double>{plain[0] / 4, plain[1] / 8});
}
