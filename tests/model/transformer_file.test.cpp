// SPDX-License-Identifier: MIT
/// @file
/// A model to a file and back, and files that lie.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/transformer_file.hpp>
#include <ampsft/parameterization/attach.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using ampsft::testing::TemporaryFolder;

namespace {

ModelConfig tiny() {
  ModelConfig config;
  config.vocabulary = 7;
  config.context = 5;
  config.hidden_size = 4;
  config.layers = {2, {.activation = Activation::gelu_erf}};
  config.heads = 2;
  config.intermediate_size = 6;
  config.tied_head = false;
  config.norm_bias = false;
  config.head_bias = true;
  config.dropout = 0.25;
  return config;
}

/// A file with the given config, the tensors of which were made for another.
std::filesystem::path forge(const TemporaryFolder& folder, const ModelConfig& claimed, const std::string& claims,
                            Index layer) {
  const auto path = folder.path() / "forged.safetensors";
  const Matrix<float> tokens = make_matrix<float>(claimed.vocabulary, claimed.hidden_size, 0.0F);
  const Matrix<float> positions = make_matrix<float>(claimed.context, claimed.hidden_size, 0.0F);
  const Matrix<float> up = make_matrix<float>(claimed.intermediate_size, claimed.hidden_size, 0.0F);
  SafetensorsWriter writer;
  writer.set_metadata("ampsft.transformer", claims);
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
  ModelConfig config = tiny();
  config.context = 1 << 20;  // costs nothing before it is used
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 6;
  config.norm = NormKind::rms;
  config.learned_positions = false;
  config.layers[0] = {.rope = RopeConfig{.theta = 77,
                                         .pairing = RopePairing::interleaved,
                                         .scaling = RopeScaling::yarn,
                                         .factor = 3,
                                         .original_context = 9,
                                         .low_frequency_factor = 2,
                                         .high_frequency_factor = 5,
                                         .beta_fast = 30,
                                         .beta_slow = 2,
                                         .attention_factor = 1.5,
                                         .frequency_factors = {1, 2, 3}},
                      .norms = NormPlacement::both,
                      .qk_norm = QkNorm::per_head,
                      .gated = true,
                      .activation = Activation::silu};
  config.layers[1] = {.window = 5, .norms = NormPlacement::after, .qk_norm = QkNorm::per_head, .gated = true};
  config.family = "none";
  config.embedding_multiplier = 2;
  config.residual_multiplier = 0.5;
  config.logits_multiplier = 3;
  config.head_bias = false;  // which does not go with it
  config.logits_cap = 20;
  config.attention_scale = 0.3;
  config.bos = 1;
  config.eos = {2, 3};
  config.attention_bias = false;
  config.attention_output_bias = true;
  config.mlp_bias = false;
  Transformer<float> model(config, 3);
  save_transformer(path, model);
  auto loaded = load_transformer<float>(path);
  CHECK(first_difference(loaded.config(), config) == "");
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
  ModelConfig config = tiny();
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  Transformer<float> model(config, 3);
  const char* const older = R"({"vocabulary":7,"context":5,"width":4,"layers":2,"heads":2,"mlp_width":6,
    "tied_head":false,"linear_bias":false,"norm_bias":false,"head_bias":true,"activation":"gelu_erf",
    "norm_epsilon":1e-5,"dropout":0.25})";
  save_parameters(path, model.parameters(), {{"ampsft.transformer", older}});
  auto loaded = load_transformer<float>(path);
  CHECK(first_difference(loaded.config(), config.completed()) == "");
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
  CHECK_THROWS_WITH(load_transformer<float>(path), ContainsSubstring("its config") && ContainsSubstring("is missing"));

  // Memory must be asked for by what the file holds, not by what it says.
  ModelConfig deep = tiny();
  deep.layers = 4'000;
  CHECK_THROWS_WITH(load_transformer<float>(forge(folder, deep, config_json(deep).dump(), 3'999)),
                    ContainsSubstring("does not fit"));
  const std::string older = R"({"vocabulary":7,"context":5,"width":4,"layers":3000000,"heads":2,"mlp_width":6,
    "tied_head":false,"linear_bias":false,"norm_bias":false,"head_bias":true,"activation":"gelu_erf",
    "norm_epsilon":1e-5,"dropout":0.25})";
  CHECK_THROWS_WITH(load_transformer<float>(forge(folder, tiny(), older, 1)), ContainsSubstring("1 to 4096"));
  ModelConfig wide = tiny();
  wide.hidden_size = 100'000;  // 40 GB for each projection of the attention
  wide.layers = 1;
  CHECK_THROWS_WITH(load_transformer<float>(forge(folder, wide, config_json(wide).dump(), 0)),
                    ContainsSubstring("does not fit"));
  CHECK_THROWS_WITH(load_transformer<float>(forge(folder, tiny(), R"({"hidden_sizes": 4})", 1)),
                    ContainsSubstring("\"hidden_sizes\" is not understood"));
}

TEST_CASE("a file from before layers had configs of their own loads", "[model]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  ModelConfig config = tiny();
  config.kv_heads = 1;
  config.head_dim = 2;
  config.norm = NormKind::rms;
  config.learned_positions = false;
  config.layers = {2,
                   {.rope = RopeConfig{.theta = 77, .frequency_factors = {3}},
                    .qk_norm = QkNorm::per_head,
                    .gated = true,
                    .activation = Activation::silu}};
  Transformer<float> model(config, 3);
  const char* const older = R"({"vocabulary":7,"context":5,"width":4,"layers":2,"heads":2,"kv_heads":1,"head_width":2,
    "mlp_width":6,"norm":"rms","positions":"rotary","tied_head":false,"attention_bias":true,
    "attention_output_bias":true,"mlp_bias":true,"norm_bias":false,"head_bias":true,"qk_norm":true,"activation":"silu",
    "norm_epsilon":1e-5,"dropout":0.25,"rotary":{"theta":77.0,"pairing":"halves","scaling":"none","factor":1.0,
    "original_context":0,"low_frequency_factor":1.0,"high_frequency_factor":4.0,"beta_fast":32.0,"beta_slow":1.0,
    "attention_factor":1.0},"rotary_divisors":[3.0]})";
  save_parameters(path, model.parameters(), {{"ampsft.transformer", older}});
  auto loaded = load_transformer<float>(path);
  CHECK(first_difference(loaded.config(), config) == "");
}
