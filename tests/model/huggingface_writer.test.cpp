// SPDX-License-Identifier: MIT
/// @file
/// A config.json that was written is read as the same facts.
#include <ampsft/model/huggingface_writer.hpp>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

PretrainedConfig written_and_read(const PretrainedConfig& facts, DType dtype = DType::f32) {
  const testing::TemporaryFolder folder;
  folder.write("config.json", huggingface_config_json(facts, dtype).dump());
  return read_huggingface_config(folder.path());
}

const std::filesystem::path fixtures = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures";

}  // namespace

TEST_CASE("the facts of every family survive config.json") {
  int scaled = 0;
  for (const auto* const kind : {"configs", "models"}) {
    for (const auto& entry : std::filesystem::directory_iterator(fixtures / kind)) {
      if (entry.path().filename() == "mistral_window") {
        continue;  // is refused
      }
      INFO(entry.path());
      const PretrainedConfig facts = read_huggingface_config(entry.path());
      CHECK(written_and_read(facts) == facts);
      scaled += facts.rotary.scaling != RotaryScaling::none ? 1 : 0;
    }
  }
  CHECK(scaled >= 2);
}

TEST_CASE("GGUF's names of architectures become classes; several ends of text stay") {
  PretrainedConfig facts = read_huggingface_config(fixtures / "models" / "llama");
  facts.architecture = "llama";
  facts.eos = {3, 5};
  facts.bos.reset();
  facts.rotary.scaling = RotaryScaling::linear;
  facts.rotary.factor = 2.5;
  const PretrainedConfig again = written_and_read(facts, DType::bf16);
  CHECK(again.architecture == "LlamaForCausalLM");
  facts.architecture = again.architecture;
  CHECK(again == facts);
  CHECK(huggingface_config_json(facts, DType::bf16)["torch_dtype"] == "bfloat16");
}

TEST_CASE("facts that config.json has no words for are refused") {
  PretrainedConfig facts = read_huggingface_config(fixtures / "models" / "llama");
  facts.architecture = "mamba";
  CHECK_THROWS_WITH(huggingface_config_json(facts, DType::f32), ContainsSubstring("mamba"));
  facts.architecture = "llama";
  facts.rotary.divisors_in_file = true;
  CHECK_THROWS_WITH(huggingface_config_json(facts, DType::f32), ContainsSubstring("rope_freqs.weight"));
  facts.rotary.divisors_in_file = false;
  facts.attention_bias = !facts.attention_output_bias;
  CHECK_THROWS_WITH(huggingface_config_json(facts, DType::f32), ContainsSubstring("biases"));
  facts.architecture = "qwen2";
  facts.attention_bias = facts.attention_output_bias = false;
  CHECK_THROWS_WITH(huggingface_config_json(facts, DType::f32), ContainsSubstring("biases"));
}
