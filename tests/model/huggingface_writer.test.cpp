// SPDX-License-Identifier: MIT
/// @file
/// A config.json that was written is read as the same config.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/huggingface_config.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

ModelConfig written_and_read(const ModelConfig& config, DType dtype = DType::f32) {
  const testing::TemporaryFolder folder;
  folder.write("config.json", huggingface_config_json(config, dtype).dump());
  return read_huggingface_config(folder.path());
}

const std::filesystem::path fixtures = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures";

}  // namespace

TEST_CASE("the configs of every family survive config.json") {
  int scaled = 0;
  for (const auto* const kind : {"configs", "models"}) {
    for (const auto& entry : std::filesystem::directory_iterator(fixtures / kind)) {
      INFO(entry.path());
      const ModelConfig config = read_huggingface_config(entry.path());
      CHECK(first_difference(written_and_read(config), config) == "");
      const auto& rope = config.layers.front().rope;
      scaled += rope && rope->scaling != RopeScaling::none ? 1 : 0;
    }
  }
  CHECK(scaled >= 2);
}

TEST_CASE("several ends of text and scalings stay") {
  ModelConfig config = read_huggingface_config(fixtures / "models" / "llama");
  config.eos = {3, 5};
  config.bos.reset();
  for (auto& layer : config.layers) {
    layer.rope->scaling = RopeScaling::linear;
    layer.rope->factor = 2.5;
  }
  const ModelConfig again = written_and_read(config, DType::bf16);
  CHECK(again == config);
  CHECK(huggingface_config_json(config, DType::bf16)["torch_dtype"] == "bfloat16");
}

TEST_CASE("configs that config.json has no words for are refused") {
  ModelConfig config = read_huggingface_config(fixtures / "models" / "llama");
  config.family = "mamba";
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("mamba"));
  config.family = "llama";
  const LayerList plain = config.layers;
  for (auto& layer : config.layers) {
    layer.rope->frequency_factors = {2, 2};
  }
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("rope_freqs.weight"));
  config.layers = plain;
  config.attention_bias = !config.attention_output_bias;
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("bias"));
  const ModelConfig good = read_huggingface_config(fixtures / "models" / "llama");
  const std::pair<const char*, std::function<void(ModelConfig&)>> changes[] = {
      {"layers[1].window", [](auto& c) { c.layers[1].window = 4; }},
      {"layers[0].norms", [](auto& c) { c.layers[0].norms = NormPlacement::both; }},
      {"layers[1].activation", [](auto& c) { c.layers[1].activation = Activation::gelu_tanh; }},
      {"layers[1].rope", [](auto& c) { c.layers[1].rope.reset(); }},
      {"layers[0].rope.dims",
       [](auto& c) {
         c.layers[0].rope->dims = 2;
         c.layers[1].rope->dims = 2;
       }},
      {"layers[0].qk_norm", [](auto& c) { c.layers[0].qk_norm = QkNorm::whole; }},
      {"embedding_multiplier", [](auto& c) { c.embedding_multiplier = 2; }},
      {"residual_multiplier", [](auto& c) { c.residual_multiplier = 2; }},
      {"logits_multiplier", [](auto& c) { c.logits_multiplier = 2; }},
      {"logits_cap", [](auto& c) { c.logits_cap = 2; }},
      {"attention_scale", [](auto& c) { c.attention_scale = 2; }},
      {"learned_positions", [](auto& c) { c.learned_positions = true; }},
      {"attention_output_bias", [](auto& c) { c.attention_output_bias = true; }}};
  for (const auto& [field, change] : changes) {
    ModelConfig other = good;
    change(other);
    CHECK_THROWS_WITH(huggingface_config_json(other, DType::f32), ContainsSubstring(field));
  }
  config.family = "qwen2";
  config.attention_bias = config.attention_output_bias = false;
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("bias"));
}
