// SPDX-License-Identifier: MIT
/// @file
/// A model to a file and back, and files that lie.
#include <ampsft/model/transformer_file.hpp>
#include <ampsft/parameterization/attach.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using ampsft::testing::TemporaryFolder;

namespace {

TransformerConfig tiny() {
  TransformerConfig config;
  config.vocabulary = 7;
  config.context = 5;
  config.width = 4;
  config.layers = 2;
  config.heads = 2;
  config.intermediate_size = 6;
  config.tied_head = false;
  config.norm_bias = false;
  config.head_bias = true;
  config.activation = Activation::gelu_erf;
  config.dropout = 0.25;
  return config;
}

/// A file with the given config, the tensors of which were made for another.
std::filesystem::path forge(const TemporaryFolder& folder, const TransformerConfig& claimed, Index layer) {
  const auto path = folder.path() / "forged.safetensors";
  const Matrix<float> tokens = make_matrix<float>(claimed.vocabulary, claimed.width, 0.0F);
  const Matrix<float> positions = make_matrix<float>(claimed.context, claimed.width, 0.0F);
  const Matrix<float> up = make_matrix<float>(claimed.intermediate_size, claimed.width, 0.0F);
  SafetensorsWriter writer;
  writer.set_metadata("ampsft.transformer", detail::to_json(claimed).dump());
  writer.add("token_embedding.weight", tokens);
  writer.add("position_embedding.weight", positions);
  writer.add("blocks.0.mlp.up.weight", up);
  if (layer > 0) {
    writer.add("blocks." + std::to_string(layer) + ".mlp.up.weight", up);
  }
  writer.write(path);
  return path;
}

}  // namespace

TEMPLATE_TEST_CASE("a model comes back bit for bit", "[model]", float, double) {
  using T = TestType;
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  Transformer<T> model(tiny(), 3);
  save_transformer(path, model);
  auto loaded = load_transformer<T>(path);
  CHECK(loaded.config() == model.config());
  const auto expected = model.parameters();
  const auto actual = loaded.parameters();
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(actual[i]->name == expected[i]->name);
    CHECK(map(actual[i]->value) == map(expected[i]->value));
  }
  const SafetensorsFile file(path);
  CHECK(file.info("final_norm.weight").shape == std::vector<Index>{4});
  CHECK(file.info("blocks.1.mlp.up.weight").shape == std::vector<Index>{6, 4});
}

TEST_CASE("a Llama with all that a config can hold comes back", "[model]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  TransformerConfig config = tiny();
  config.context = 1 << 20;  // costs nothing before it is used
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 6;
  config.norm = NormKind::rms;
  config.positions = PositionKind::rotary;
  config.rope = {.theta = 77,
                 .pairing = RopePairing::interleaved,
                 .scaling = RopeScaling::yarn,
                 .factor = 3,
                 .original_context = 9,
                 .low_frequency_factor = 2,
                 .high_frequency_factor = 5,
                 .beta_fast = 30,
                 .beta_slow = 2,
                 .attention_factor = 1.5};
  config.frequency_factors = {1, 2, 3};
  config.activation = Activation::silu;
  config.attention_bias = false;
  config.attention_output_bias = true;
  config.mlp_bias = false;
  config.qk_norm = true;
  Transformer<float> model(config, 3);
  save_transformer(path, model);
  auto loaded = load_transformer<float>(path);
  CHECK(loaded.config() == config);
  REQUIRE(loaded.parameters().size() == model.parameters().size());
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    CHECK(map(loaded.parameters()[i]->value) == map(model.parameters()[i]->value));
  }
  const SafetensorsFile file(path);
  CHECK(file.info("blocks.1.mlp.gate.weight").shape == std::vector<Index>{6, 4});
  CHECK(file.info("blocks.1.attention.k.weight").shape == std::vector<Index>{12, 4});
  CHECK(file.info("blocks.1.attention.k_norm.weight").shape == std::vector<Index>{6});
}

TEST_CASE("a file from before the Llama family loads", "[model]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  TransformerConfig config = tiny();
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  Transformer<float> model(config, 3);
  const char* const older = R"({"vocabulary":7,"context":5,"width":4,"layers":2,"heads":2,"intermediate_size":6,
    "tied_head":false,"linear_bias":false,"norm_bias":false,"head_bias":true,"activation":"gelu_erf",
    "norm_epsilon":1e-5,"dropout":0.25})";
  save_parameters(path, model.parameters(), {{"ampsft.transformer", older}});
  auto loaded = load_transformer<float>(path);
  CHECK(loaded.config() == config);
  CHECK(map(loaded.parameters().back()->value) == map(model.parameters().back()->value));
}

TEST_CASE("a model in single precision loads in double", "[model]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  Transformer<float> model(tiny(), 3);
  save_transformer(path, model);
  auto loaded = load_transformer<double>(path);
  const Matrix<float>& expected = model.parameters().front()->value;
  CHECK(map(loaded.parameters().front()->value) == map(expected).cast<double>());
}

TEST_CASE("only a dense model is saved whole", "[model]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  Transformer<float> model(tiny(), 3);
  attach_lora(model.weights(), {.rank = 1}, {.patterns = {"*.up.*"}});
  CHECK_THROWS_WITH(save_transformer(path, model),
                    ContainsSubstring("blocks.0.mlp.up.weight") && ContainsSubstring("merge"));
  Transformer<float> frozen(tiny(), 3);
  keep_in_bf16(frozen.weights(), {.patterns = {"*.down.*"}});
  CHECK_THROWS_WITH(save_transformer(path, frozen), ContainsSubstring("blocks.0.mlp.down.weight"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("files that are no model or lie about their sizes are refused", "[model]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "other.safetensors";
  const Matrix<float> matrix = make_matrix<float>(2, 3, 0.0F);
  SafetensorsWriter writer;
  writer.add("w", matrix);
  writer.write(path);
  CHECK_THROWS_WITH(load_transformer<float>(path), ContainsSubstring("no config"));
  writer.set_metadata("ampsft.transformer", "{\"width\": \"wide\"}");
  writer.write(path);
  CHECK_THROWS_WITH(load_transformer<float>(path), ContainsSubstring("config cannot be read"));

  // Memory must be asked for by what the file holds, not by what it says.
  TransformerConfig deep = tiny();
  deep.layers = 3'000'000;
  CHECK_THROWS_WITH(load_transformer<float>(forge(folder, deep, deep.layers - 1)), ContainsSubstring("does not fit"));
  TransformerConfig wide = tiny();
  wide.width = 100'000;  // 40 GB for each projection of the attention
  wide.layers = 1;
  CHECK_THROWS_WITH(load_transformer<float>(forge(folder, wide, 0)), ContainsSubstring("does not fit"));
}
