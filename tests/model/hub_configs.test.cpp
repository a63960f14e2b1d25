// SPDX-License-Identifier: MIT
/// @file
/// The shapes of well-known models, in the form of transformers 4 and of 5: read, written and read again, one config.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/huggingface_config.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

const nlohmann::json& hub() {
  static const nlohmann::json all =
      nlohmann::json::parse(read_text(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "hub_configs.json"));
  return all;
}

ModelConfig read(const nlohmann::json& json) {
  const testing::TemporaryFolder folder;
  folder.write("config.json", json.dump());
  return read_huggingface_config(folder.path());
}

ModelConfig read(const char* name) {
  return read(hub().at(name).at("old"));
}

Index layers_with_window(const ModelConfig& config, Index window) {
  return std::count_if(config.layers.begin(), config.layers.end(), [&](const auto& l) { return l.window == window; });
}

}  // namespace

TEST_CASE("old and new forms of known models mean the same, and survive being written", "[model]") {
  int seen = 0;
  for (const auto& [name, forms] : hub().items()) {
    INFO(name);
    if (!forms.contains("new")) {
      CHECK_THROWS_WITH(read(forms.at("old")), ContainsSubstring("\"text_config\"") && ContainsSubstring("GGUF"));
      continue;
    }
    ++seen;
    const ModelConfig config = read(forms.at("old"));
    CHECK(first_difference(read(forms.at("new")), config) == "");
    CHECK(first_difference(read(huggingface_config_json(config, DType::bf16)), config) == "");
  }
  CHECK(seen == 19);
}

TEST_CASE("what known models are is read from their configs", "[model]") {
  const ModelConfig llama = read("Llama-3.2-1B");
  CHECK(llama.context == 131072);
  CHECK(*llama.layers.front().rope ==
        RopeConfig{.theta = 500000, .scaling = RopeScaling::llama3, .factor = 32, .original_context = 8192});
  CHECK(read("Llama-3.2-1B-Instruct").eos == std::vector<std::int32_t>{128001, 128008, 128009});
  CHECK(*read("Llama-2-7B").layers.front().rope == RopeConfig{});

  CHECK(layers_with_window(read("Mistral-7B-v0.1"), 4096) == 32);
  CHECK(layers_with_window(read("Mistral-7B-v0.3"), 0) == 32);
  CHECK(layers_with_window(read("Qwen2.5-0.5B"), 0) == 24);
  CHECK(layers_with_window(read("Phi-3-mini-4k"), 2047) == 32);
  for (const auto& [name, globals] : {std::pair("Gemma-3-270m", 3), {"Gemma-3-1b", 4}, {"Gemma-3-4b text", 5}}) {
    const ModelConfig gemma = read(name);
    CHECK(layers_with_window(gemma, 0) == globals);
    CHECK(gemma.layers[0].rope->theta == 10000);
    CHECK(gemma.layers[5].rope->theta == 1000000);
    CHECK(gemma.layers[5].rope->factor == (std::string(name) == "Gemma-3-4b text" ? 8 : 1));
  }
  const ModelConfig phi = read("Phi-4-mini");
  CHECK(phi.layers.front().rope->dims == 96);
  CHECK(phi.layers.front().rope->original_context == 4096);
  CHECK(phi.layers.front().rope->attention_factor == Approx(std::sqrt(1 + std::log(32.0) / std::log(4096.0))));
  const ModelConfig smollm = read("SmolLM3-3B");
  CHECK((smollm.layers[2].rope && !smollm.layers[3].rope));
  const ModelConfig granite = read("Granite-3.1-2B");
  CHECK(granite.logits_multiplier == 0.125);
  CHECK(granite.attention_scale == 0.015625);
  CHECK(read("OLMo-2-1B").layers.front().qk_norm == QkNorm::whole);
  CHECK(read("gpt2").tied_head);
}
