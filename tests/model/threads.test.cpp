// SPDX-License-Identifier: MIT
/// @file
/// Two threads infer on one model: every family's parts, caches, quantised weights, adapters.
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using ampsft::testing::TemporaryFolder;

namespace {

constexpr Index longest = 24;

/// A random Llama whose matrices are Q8_0, as a GGUF file.
std::filesystem::path write_quantized(const TemporaryFolder& folder) {
  constexpr Index width = 32;
  ModelConfig config{.family = "llama", .vocabulary = width, .hidden_size = width, .intermediate_size = 2 * width};
  config.layers = {2, {.rope = RopeConfig{}, .gated = true, .activation = Activation::silu}};
  config.norm = NormKind::rms;
  config.learned_positions = config.norm_bias = false;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  config.initial_stddev = 0.3;
  Transformer<float> model(config);
  std::map<std::string, const Matrix<float>*> values;
  for (const auto* parameter : model.parameters()) {
    values[parameter->name] = &parameter->value;
  }
  GgufWriter writer;
  writer.set("general.architecture", "llama");
  for (const auto& [key, value] : {std::pair("context_length", config.context),
                                   {"embedding_length", width},
                                   {"block_count", config.layers.size()},
                                   {"feed_forward_length", config.intermediate_size},
                                   {"attention.head_count", config.heads}}) {
    writer.set(concat("llama.", key), static_cast<std::uint32_t>(value));
  }
  writer.set("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  for (const auto& tensor : tensor_sources(config, TensorNaming::gguf)) {
    writer.add(tensor.source, tensor.shape.size() == 2 ? BlockFormat::q8_0 : BlockFormat::f32, tensor.source_shape,
               *values.at(tensor.name));
  }
  const auto path = folder.path() / "quantized.gguf";
  writer.write(path);
  return path;
}

void attach_random_scores(Transformer<float>& model) {
  constexpr double size = 0.1;
  BasisSet<float> bases;
  for (const auto* weight : model.weights()) {
    if (bases.find(weight->cols()) == nullptr) {
      bases.insert(UniversalBasis<float>::random(weight->cols(), 3, 1));
    }
  }
  Random random(2);
  for (auto* leaf : attach_scores(model.weights(), bases, ScoreForm::exact_start, {})) {
    fill_normal(leaf->value, size, random);
  }
}

void attach_random_lora(Transformer<float>& model) {
  constexpr double size = 0.1;
  Random random(3);
  for (auto* leaf : attach_lora(model.weights(), {.rank = 2}, {})) {
    fill_normal(leaf->value, size, random);
  }
}

/// Logits of the first tokens of a text: of every length in one pass, and token by token from a cache.
std::vector<Matrix<float>> read_all(Transformer<float>& model) {
  std::vector<std::int32_t> tokens;
  for (Index i = 0; i < longest; ++i) {
    tokens.push_back(static_cast<std::int32_t>((7 * i + 3) % model.config().vocabulary));
  }
  std::vector<Matrix<float>> all;
  Tape<float> tape(TapeMode::inference);
  for (std::size_t length = 1; length <= tokens.size(); ++length) {
    all.push_back(model.logits(model.hidden(tape, std::span(tokens).first(length), 1)).value());
    tape.clear();
  }
  KeyValueCache<float> cache;
  for (std::size_t at = 0, count = tokens.size() / 3; at < tokens.size(); at += count, count = 1) {
    all.push_back(model.logits(model.hidden(tape, std::span(tokens).subspan(at, count), cache)).value());
    tape.clear();
  }
  return all;
}

}  // namespace

TEST_CASE("two threads infer on one model at once", "[model][threads]") {
  const TemporaryFolder folder;
  const auto fixtures = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "models";
  const std::pair<std::filesystem::path, WeightStorage> models[] = {
      {fixtures / "llama", WeightStorage::dense},          {fixtures / "gemma3", WeightStorage::dense},
      {fixtures / "gpt2", WeightStorage::dense},           {fixtures / "llama", WeightStorage::bf16},
      {write_quantized(folder), WeightStorage::as_stored},
  };
  const std::pair<const char*, std::function<void(Transformer<float>&)>> forms[] = {
      {"plain", [](auto&) {}}, {"scores", attach_random_scores}, {"lora", attach_random_lora}};
  for (const auto& [path, storage] : models) {
    for (const auto& [form, attach] : forms) {
      INFO(path.filename() << " " << static_cast<int>(storage) << " " << form);
      auto alone = load_pretrained<float>(path, {.storage = storage});
      attach(alone);
      const auto expected = read_all(alone);
      auto model = load_pretrained<float>(path, {.storage = storage});  // its tables grow while both threads run
      attach(model);
      std::vector<int> wrong(2, 0);
      std::vector<std::thread> threads;
      for (int& count : wrong) {
        threads.emplace_back([&, &count = count] {
          for (int round = 0; round < 2; ++round) {
            count += read_all(model) == expected ? 0 : 1;
          }
        });
      }
      for (auto& thread : threads) {
        thread.join();
      }
      CHECK(wrong == std::vector<int>{0, 0});
    }
  }
}
