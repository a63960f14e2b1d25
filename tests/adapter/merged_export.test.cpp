// SPDX-License-Identifier: MIT
/// @file
/// Merged folders hold the changed weights in the layout of the folder that they come from, and all else as it was.
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <deque>

#include "adapter/pretrained.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// A GPT-2 folder of the model's weights before they were adapted, in BF16; every vector and position is 0.5.
void write_folder(const std::filesystem::path& folder, const Model& model, const ModelConfig& config) {
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

TEST_CASE("a merged folder gets all files beside the weights, whatever they are called") {
  const testing::TemporaryFolder folder;
  const auto config = small(true, true);
  const Model model(config);
  const auto from = folder.path() / "from";
  const auto to = folder.path() / "to";
  write_folder(from, model, config);
  std::filesystem::create_directory(from / "additional_chat_templates");
  for (const char* const name : {"tekken.json", "chat_template.json", "README.md", "preprocessor_config.json",
                                 "additional_chat_templates/tools.jinja", "training_args.bin", "old.pt"}) {
    write_text(from / name, name);
  }
  export_merged(to, from, model.weights, config);
  for (const char* const name : {"tekken.json", "chat_template.json", "README.md", "preprocessor_config.json",
                                 "additional_chat_templates/tools.jinja"}) {
    CHECK(read_text(to / name) == name);
  }
  CHECK_FALSE(std::filesystem::exists(to / "training_args.bin"));
  CHECK_FALSE(std::filesystem::exists(to / "old.pt"));
  CHECK_THROWS_WITH(export_merged(from, from, model.weights, config), ContainsSubstring("folder of its own"));
}

TEST_CASE("a merged GPT-2 folder: transposed and fused matrices, biases and tokenizer as they were") {
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
  for (const std::string& name : file.names()) {  // positions, norms and biases too
    CHECK(file.info(name).dtype == DType::f32);
  }
  const auto before = SafetensorsFile(folder.path() / "from" / "model.safetensors");
  for (const auto* name : {"transformer.wpe.weight", "transformer.h.0.ln_1.weight"}) {
    CHECK(file.info(name).shape == before.info(name).shape);
    const Matrix<float> expected = before.read_matrix<float>(name);
    CHECK(distance(file.read_matrix<float>(name), map(expected)) == 0.0);
  }
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

TEST_CASE("a merged folder of a format names it in its config, and has no other") {
  const testing::TemporaryFolder folder;
  const auto config = small(true, true);
  const Model model(config);
  const auto from = folder.path() / "from";
  write_folder(from, model, config);
  const auto config_of = [&](const std::string& to) {
    return nlohmann::json::parse(read_text(folder.path() / to / "config.json"));
  };
  export_merged(folder.path() / "kept", from, model.weights, config);
  CHECK(config_of("kept") == nlohmann::json::parse(read_text(from / "config.json")));
  const SafetensorsFile kept(folder.path() / "kept" / "model.safetensors");
  CHECK(kept.info("transformer.wpe.weight").dtype == DType::bf16);

  for (const auto& [key, other] : {std::pair("torch_dtype", "dtype"), std::pair("dtype", "torch_dtype")}) {
    write_text(from / "config.json", concat(R"({")", key, R"(": "bfloat16"})"));
    export_merged(folder.path() / key, from, model.weights, config, DType::f16);
    CHECK(config_of(key).at(key) == "float16");
    CHECK_FALSE(config_of(key).contains(other));
    const SafetensorsFile file(folder.path() / key / "model.safetensors");
    for (const std::string& name : file.names()) {
      CHECK(file.info(name).dtype == DType::f16);
    }
  }
  write_text(from / "config.json", "{}");
  export_merged(folder.path() / "named", from, model.weights, config, DType::bf16);
  CHECK(config_of("named").at("torch_dtype") == "bfloat16");
}

TEST_CASE("a merged folder is not begun before everything is known to be well") {
  const testing::TemporaryFolder folder;
  const auto config = small(true, true);
  const Model model(config);
  write_folder(folder.path() / "from", model, config);
  std::vector<std::string> stages;
  const auto on_tensors = [&](const TensorProgress& progress) {
    if (stages.empty() || stages.back() != progress.stage) {
      stages.emplace_back(progress.stage);
    }
    if (progress.stage == "merged") {
      CHECK(progress.all == static_cast<Index>(model.weights.size()));
      CHECK(progress.share > 0.0);
      CHECK((progress.done < progress.all || progress.share == 1.0));
    }
  };
  export_merged(folder.path() / "to", folder.path() / "from", model.weights, config, {}, on_tensors);
  CHECK(stages == std::vector<std::string>{"merged", "hashed", "written"});

  stages.clear();
  const auto file = folder.path() / "from" / "config.json";  // no folder
  CHECK_THROWS_AS(export_merged(file / "to", folder.path() / "from", model.weights, config, {}, on_tensors), Error);
  CHECK(stages.empty());  // it is refused before any work

  write_text(folder.path() / "from" / "config.json", "{");
  CHECK_THROWS_AS(export_merged(folder.path() / "bad", folder.path() / "from", model.weights, config), Error);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "bad"));
}
