// SPDX-License-Identifier: MIT
/// @file
/// Merged folders hold the changed weights in the layout of the folder that they come from, and all else as it was.
#include <ampsft/adapter/merged_export.hpp>

#include <deque>

#include "adapter/pretrained.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// A GPT-2 folder of the model's weights before they were adapted, in BF16; every vector and position is 0.5.
void write_folder(const std::filesystem::path& folder, const Model& model, const PretrainedConfig& config) {
  std::filesystem::create_directories(folder);
  write_text(folder / "config.json", R"({"architectures": ["GPT2LMHeadModel"], "tie_word_embeddings": true})");
  write_text(folder / "tokenizer.json", "{}");
  std::map<std::string, Matrix<float>> stored;
  for (const auto& source : tensor_sources(config, TensorNaming::huggingface, "transformer.")) {
    const auto shape = source.source_shape;
    auto& values = stored.try_emplace(source.source).first->second;
    if (values.size() == 0) {
      values = make_matrix<float>(shape.size() == 1 ? 1 : shape[0], shape.back(), 0.5F);
    }
    for (std::size_t i = 0; i < model.all.size(); ++i) {
      if (model.all[i].name() == source.name) {
        const auto& before = model.before[i];
        if (source.transposed) {
          map(values).middleCols(source.first, rows(before)) = map(before).transpose();
        } else {
          map(values).middleRows(source.first, rows(before)) = map(before);
        }
      }
    }
  }
  SafetensorsWriter writer;
  for (const auto& [name, values] : stored) {
    const bool vector = rows(values) == 1;
    writer.add(name, DType::bf16,
               vector ? std::vector<Index>{cols(values)} : std::vector<Index>{rows(values), cols(values)}, values);
  }
  writer.write(folder / "model.safetensors");
}

}  // namespace

TEST_CASE("a merged GPT-2 folder: turned and fused matrices, biases and tokenizer as they were") {
  const testing::TemporaryFolder folder;
  const auto config = small(true, true);
  const Model model(config);
  write_folder(folder.path() / "from", model, config);
  export_merged(folder.path() / "to", folder.path() / "from", model.weights, config, DType::f32);
  const SafetensorsFile file(folder.path() / "to" / "model.safetensors");
  CHECK(file.names().size() == SafetensorsFile(folder.path() / "from" / "model.safetensors").names().size());
  const auto fused = file.read_matrix<float>("transformer.h.0.attn.c_attn.weight");
  for (std::size_t i = 0; i < model.all.size(); ++i) {
    const std::string& name = model.all[i].name();
    const Matrix<float> after = model.all[i].materialize();
    const Index part = name.ends_with(".q.weight") ? 0 : name.ends_with(".k.weight") ? 1 : 2;
    if (part < 2 || name.ends_with(".v.weight")) {
      CHECK(distance(after, map(fused).middleCols(8 * part, 8).transpose()) == 0.0);
    } else if (name == "token_embedding.weight") {
      const Matrix<float> embedding = file.read_matrix<float>("transformer.wte.weight");
      CHECK(distance(after, map(embedding)) == 0.0);
    }
  }
  CHECK(file.info("transformer.wpe.weight").dtype == DType::bf16);
  CHECK(read_text(folder.path() / "to" / "tokenizer.json") == "{}");
  CHECK(nlohmann::json::parse(read_text(folder.path() / "to" / "config.json")).at("tie_word_embeddings") == true);
  CHECK_THROWS_WITH(export_merged(folder.path() / "from", folder.path() / "from", model.weights, config),
                    ContainsSubstring("of its own"));
}

TEST_CASE("a head that is no more the embedding's matrix is written, and the config says so") {
  const testing::TemporaryFolder folder;
  const auto config = small(true, true);
  const Model model(config, {"token_embedding.weight"});
  write_folder(folder.path() / "from", model, config);
  export_merged(folder.path() / "to", folder.path() / "from", model.weights, config, DType::f32);
  const SafetensorsFile file(folder.path() / "to" / "model.safetensors");
  const Matrix<float> head = file.read_matrix<float>("lm_head.weight");
  CHECK(distance(head, map(model.before.back())) == 0.0);
  const Matrix<float> embedding = file.read_matrix<float>("transformer.wte.weight");
  CHECK(distance(embedding, map(head)) > 0.1);
  CHECK(nlohmann::json::parse(read_text(folder.path() / "to" / "config.json")).at("tie_word_embeddings") == false);
}
