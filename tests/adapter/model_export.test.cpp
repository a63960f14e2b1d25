// SPDX-License-Identifier: MIT
/// @file
/// A folder that was made from a model's config holds that model.
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <cmath>
#include <filesystem>

#include "model/pretrained_reference.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

const std::vector<std::int32_t> tokens{3, 14, 15, 9, 2, 6};

Matrix<float> logits_of(Transformer<float>& model) {
  Tape<float> tape(TapeMode::inference);
  return model.logits(model.hidden(tape, tokens, 1)).value();
}

/// Where both hold the same numbers and the order of sums is the same, the difference is zero.
double largest_difference(const Matrix<float>& a, const Matrix<float>& b) {
  REQUIRE(a.shape() == b.shape());
  return static_cast<double>((map(a) - map(b)).cwiseAbs().maxCoeff());
}

/// The same model with the rows of q and k in the order of GGUF's llama.
Transformer<float> interleaved(Transformer<float>& model, ModelConfig& config) {
  for (auto& layer : config.layers) {
    if (layer.rope) {
      layer.rope->pairing = RopePairing::interleaved;
    }
  }
  Transformer<float> other(config);
  auto theirs = other.parameters();
  const auto ours = model.parameters();
  REQUIRE(theirs.size() == ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const Index heads = paired_heads(ours[i]->name, config);
    if (heads == 0) {
      theirs[i]->value = ours[i]->value;
    } else if (ours[i]->is_vector) {
      const Matrix<float> column =
          repair_rows(make_matrix(map(ours[i]->value).transpose()), heads, RopePairing::interleaved);
      theirs[i]->value = make_matrix(map(column).transpose());
    } else {
      theirs[i]->value = repair_rows(ours[i]->value, heads, RopePairing::interleaved);
    }
  }
  return other;
}

}  // namespace

TEST_CASE("models of every family, written from their configs, compute what they did") {
  for (const auto* name : test::pretrained_models) {
    INFO(name);
    const auto from = test::PretrainedReference(name).folder;
    const testing::TemporaryFolder folder;
    auto model = load_pretrained<float>(from);
    ModelConfig config = read_huggingface_config(from);
    const auto expected = logits_of(model);
    export_model(folder.path() / "same", model, config);
    auto again = load_pretrained<float>(folder.path() / "same");
    CHECK(largest_difference(logits_of(again), expected) == 0.0);
    CHECK(first_difference(read_huggingface_config(folder.path() / "same"), config) == "");

    // norms of q and k would have to be put in order too, and no family needs it
    if (config.layers.front().qk_norm == QkNorm::none && config.layers.front().rope &&
        config.layers.front().rope->dims == 0) {
      auto other = interleaved(model, config);
      CHECK(largest_difference(logits_of(other), expected) < 1e-5);
      export_model(folder.path() / "paired", other, config);
      auto back = load_pretrained<float>(folder.path() / "paired");
      CHECK(largest_difference(logits_of(back), expected) == 0.0);
    }
  }
}

TEST_CASE("scores are merged into what is written, and a head that is no more tied is") {
  const auto from = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "models" / "llama_tied";
  const testing::TemporaryFolder folder;
  auto model = load_pretrained<float>(from);
  const auto config = read_huggingface_config(from);
  REQUIRE(config.tied_head);
  BasisSet<float> bases;
  for (const Index width : {config.hidden_size, config.intermediate_size}) {
    bases.insert(UniversalBasis<float>::random(width, 3, 1));
  }
  Random random(2);
  for (auto* leaf :
       attach_scores(model.weights(), bases, ScoreForm::exact_start,
                     {.patterns = {"token_embedding.weight", "*.q.weight", "*.down.weight"}, .tied = Tied::separate})) {
    fill_normal(leaf->value, 0.1, random);
  }
  export_model(folder.path() / "f32", model, config);
  auto again = load_pretrained<float>(folder.path() / "f32");
  CHECK(largest_difference(logits_of(again), logits_of(model)) < 1e-5);
  CHECK_FALSE(read_huggingface_config(folder.path() / "f32").tied_head);
  export_model(folder.path() / "bf16", model, config, DType::bf16);
  const SafetensorsFile half(folder.path() / "bf16" / "model.safetensors");
  CHECK(half.info("lm_head.weight").dtype == DType::bf16);

  ModelConfig wrong = config;
  wrong.intermediate_size += 2;
  CHECK_THROWS_WITH(export_model(folder.path() / "wrong", model, wrong), ContainsSubstring("mlp"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "wrong"));
}

TEST_CASE("a GGUF file whose tokenizer cannot be written leaves no folder") {
  const testing::TemporaryFolder folder;
  Transformer<float> model({.vocabulary = 4,
                            .context = 8,
                            .hidden_size = 4,
                            .layers = 1,
                            .heads = 1,
                            .intermediate_size = 4,
                            .tied_head = true});
  const auto write = [&](const std::string& merge) {
    const Matrix<float> embedding = make_matrix<float>(4, 4, 0.0F);
    GgufWriter writer;
    writer.set("general.architecture", "gpt2");
    writer.set("gpt2.context_length", 8U);
    writer.set("gpt2.embedding_length", 4U);
    writer.set("gpt2.block_count", 1U);
    writer.set("gpt2.feed_forward_length", 4U);
    writer.set("gpt2.attention.head_count", 1U);
    writer.set("gpt2.attention.layer_norm_epsilon", 1e-5F);
    writer.set("tokenizer.ggml.model", "gpt2");
    writer.set("tokenizer.ggml.pre", "gpt-2");
    writer.set_array("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b", "ab", "<s>"});
    writer.set_array("tokenizer.ggml.merges", std::vector<std::string>{merge});
    writer.set("tokenizer.ggml.bos_token_id", 3U);
    writer.set("tokenizer.ggml.add_bos_token", true);
    writer.add("token_embd.weight", embedding);
    writer.write(folder.path() / "model.gguf");
  };
  write("a b");
  export_gguf_model(folder.path() / "good", folder.path() / "model.gguf", model);
  CHECK(std::filesystem::exists(folder.path() / "good" / "tokenizer.json"));
  CHECK(std::filesystem::exists(folder.path() / "good" / "model.safetensors"));
  write("a c");
  CHECK_THROWS_WITH(export_gguf_model(folder.path() / "bad", folder.path() / "model.gguf", model),
                    ContainsSubstring("model.gguf") && ContainsSubstring("merge 0 needs the token \"c\""));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "bad"));
}
