// SPDX-License-Identifier: MIT
/// @file
/// A config.json that was written is read as the same config.
#include <ampsft/model/huggingface_writer.hpp>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

PretrainedConfig written_and_read(const PretrainedConfig& config, DType dtype = DType::f32) {
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
      if (entry.path().filename() == "mistral_window") {
        continue;  // is refused
      }
      INFO(entry.path());
      const PretrainedConfig config = read_huggingface_config(entry.path());
      CHECK(written_and_read(config) == config);
      scaled += config.rope.scaling != RopeScaling::none ? 1 : 0;
    }
  }
  CHECK(scaled >= 2);
}

TEST_CASE("GGUF's names of architectures become classes; several ends of text stay") {
  PretrainedConfig config = read_huggingface_config(fixtures / "models" / "llama");
  config.architecture = "llama";
  config.eos = {3, 5};
  config.bos.reset();
  config.rope.scaling = RopeScaling::linear;
  config.rope.factor = 2.5;
  const PretrainedConfig again = written_and_read(config, DType::bf16);
  CHECK(again.architecture == "LlamaForCausalLM");
  config.architecture = again.architecture;
  CHECK(again == config);
  CHECK(huggingface_config_json(config, DType::bf16)["torch_dtype"] == "bfloat16");
}

TEST_CASE("configs that config.json has no words for are refused") {
  PretrainedConfig config = read_huggingface_config(fixtures / "models" / "llama");
  config.architecture = "mamba";
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("mamba"));
  config.architecture = "llama";
  config.rope.frequency_factors_in_file = true;
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("rope_freqs.weight"));
  config.rope.frequency_factors_in_file = false;
  config.attention_bias = !config.attention_output_bias;
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("biases"));
  config.architecture = "qwen2";
  config.attention_bias = config.attention_output_bias = false;
  CHECK_THROWS_WITH(huggingface_config_json(config, DType::f32), ContainsSubstring("biases"));
}
