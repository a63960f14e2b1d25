// SPDX-License-Identifier: MIT
/// @file
/// PEFT folders and GGUF adapters: names, layouts and scales, and back again. (tools/interop asks PEFT itself.)
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <fstream>

#include "adapter/pretrained.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEST_CASE("a PEFT folder of a tied Llama: lora_B lora_A is the change of every weight") {
  const testing::TemporaryFolder folder;
  const auto config = small(false, true);
  const Model model(config);
  export_peft(folder.path() / "peft", model.adapter, config, {.base_model = "some/model"});
  CHECK_THROWS_AS(export_peft(folder.path() / "bad", model.adapter, config, {.base_model = "not UTF-8: \xe9"}), Error);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "bad"));
  const auto json = nlohmann::json::parse(read_text(folder.path() / "peft" / "adapter_config.json"));
  CHECK(json.at("base_model_name_or_path") == "some/model");
  CHECK(json.at("r") == 2);
  CHECK(json.at("lora_alpha") == 2);
  CHECK(json.at("alpha_pattern") == nlohmann::json{{"model.layers.0.mlp.down_proj", 3}});
  CHECK(json.at("rank_pattern") == json.at("alpha_pattern"));
  CHECK(json.at("target_modules").size() == 9);
  const SafetensorsFile file(folder.path() / "peft" / "adapter_model.safetensors");
  CHECK(file.names().size() == 18);
  const auto read = [&](const std::string& name) { return file.read_matrix<float>("base_model.model." + name); };
  for (const auto& [name, module] : std::vector<std::pair<std::string, std::string>>{
           {"blocks.0.attention.k.weight", "model.layers.0.self_attn.k_proj"},
           {"blocks.0.mlp.down.weight", "model.layers.0.mlp.down_proj"},
           {"lm_head.weight", "lm_head"}}) {
    const auto a = read(module + ".lora_A.weight");
    const auto b = read(module + ".lora_B.weight");
    CHECK(distance(model.change(name), map(b) * map(a)) < 1e-5);
  }
  const auto a = read("model.embed_tokens.lora_embedding_A");
  const auto b = read("model.embed_tokens.lora_embedding_B");
  CHECK(distance(model.change("token_embedding.weight"), (map(b) * map(a)).transpose()) < 1e-5);
}

TEST_CASE("GPT-2's q, k and v become rows of one factor, zero where nothing is adapted") {
  const testing::TemporaryFolder folder;
  const auto config = small(true, true);
  const Model model(config, {"*.q.weight", "*.v.weight"});
  export_peft(folder.path(), model.adapter, config, {});
  CHECK(nlohmann::json::parse(read_text(folder.path() / "adapter_config.json")).at("fan_in_fan_out") == true);
  const SafetensorsFile file(folder.path() / "adapter_model.safetensors");
  REQUIRE(file.names().size() == 2);
  const auto a = file.read_matrix<float>("base_model.model.transformer.h.0.attn.c_attn.lora_A.weight");
  const auto b = file.read_matrix<float>("base_model.model.transformer.h.0.attn.c_attn.lora_B.weight");
  const EigenMatrix<float> change = map(b) * map(a);
  CHECK(distance(model.change("blocks.0.attention.q.weight"), change.topRows(8)) < 1e-5);
  CHECK(change.middleRows(8, 8).isZero());
  CHECK(distance(model.change("blocks.0.attention.v.weight"), change.bottomRows(8)) < 1e-5);
}

TEST_CASE("what was exported comes in again, as factors and as scores without loss") {
  const testing::TemporaryFolder folder;
  const bool gpt2 = GENERATE(false, true);
  const bool tied = GENERATE(false, true);
  auto config = small(gpt2, tied);
  if (!config.tied_head && config.layers.front().rope) {
    config.layers[0].rope->pairing = RopePairing::interleaved;  // as a model from a GGUF file
  }
  const Model model(config);
  export_peft(folder.path(), model.adapter, config, {});
  const auto factors = read_peft<float>(folder.path(), config);
  REQUIRE(factors.size() == model.all.size());
  for (const auto& [name, lora] : factors) {
    CHECK(lora.scale == 1.0);
    CHECK(distance(model.change(name), map(lora.l) * map(lora.a)) < 1e-5);
  }
  const auto projected = project_factors(factors, model.bases, model.adapter.base);
  CHECK(projected.total().share() < 1e-10);
  const Index width = 8;
  BasisSet<float> others;
  others.insert(UniversalBasis<float>::random(width, 3, 5));
  const std::vector<NamedFactors<float>> one{{factors[1].weight, factors[1].factors}};
  const auto lossy = project_factors(one, others, model.adapter.base);
  const EigenMatrix<float> change = map(one[0].factors.l) * map(one[0].factors.a);
  const auto& b = others.at(width)->components();
  CHECK(lossy.total().energy == Approx(change.squaredNorm()).epsilon(1e-5));
  CHECK(lossy.total().lost == Approx((change - change * map(b).transpose() * map(b)).squaredNorm()).epsilon(1e-4));

  Model fresh(config);
  detach(fresh.weights);
  attach_factors(factors, fresh.weights);
  for (std::size_t i = 0; i < model.all.size(); ++i) {
    CHECK(fresh.all[i].as<LoraParameterization<float>>() != nullptr);
    const Matrix<float> after = fresh.all[i].materialize();
    const Matrix<float> expected = model.all[i].materialize();
    CHECK(distance(after, map(expected)) < 1e-5);
  }
}

TEST_CASE("rows of q and k are permuted for llama.cpp as its converter does") {
  const testing::TemporaryFolder folder;
  const auto config = small(false, false);
  const Model model(config);
  const auto path = folder.path() / "a.gguf";
  export_gguf_lora(path, model.adapter, config);
  const GgufFile file(path);
  const auto read = [&](const std::string& name) { return file.read_matrix<float>(name); };
  const auto a = read("blk.0.attn_q.weight.lora_a");
  const auto b = read("blk.0.attn_q.weight.lora_b");
  const EigenMatrix<float> change = map(b) * map(a);
  const Matrix<float> ours = model.change("blocks.0.attention.q.weight");
  const Index order[] = {0, 2, 1, 3, 4, 6, 5, 7};  // head by head: halves become neighbours
  for (Index row = 0; row < 8; ++row) {
    CHECK((change.row(row) - map(ours).row(order[row])).cwiseAbs().maxCoeff() < 1e-5F);
  }
  const auto down_a = read("blk.0.ffn_down.weight.lora_a");
  const auto down_b = read("blk.0.ffn_down.weight.lora_b");
  // llama.cpp's scale is alpha / rank, here 2 / 3
  CHECK(distance(model.change("blocks.0.mlp.down.weight"), 2.0F / 3.0F * (map(down_b) * map(down_a))) < 1e-5);
  const auto embedding_a = read("token_embd.weight.lora_a");
  const auto embedding_b = read("token_embd.weight.lora_b");
  CHECK(distance(model.change("token_embedding.weight"), map(embedding_a) * map(embedding_b).transpose()) < 1e-5);

  const Model tied(small(false, true));
  CHECK_THROWS_WITH(export_gguf_lora(path, tied.adapter, small(false, true)), ContainsSubstring("merged"));
}

TEST_CASE("what of a PEFT config would be computed wrongly is refused by name") {
  const testing::TemporaryFolder folder;
  const auto config = small(false, true);
  const Model model(config);
  export_peft(folder.path(), model.adapter, config, {});
  const auto path = folder.path() / "adapter_config.json";
  const auto good = nlohmann::json::parse(read_text(path));
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto changed = good;
    changed[key] = value;
    std::ofstream(path) << changed.dump();
  };
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, nlohmann::json>>{{"init_lora_weights", "pissa"},
                                                           {"init_lora_weights", "pissa_niter_4"},
                                                           {"init_lora_weights", "olora"},
                                                           {"init_lora_weights", "loftq"},
                                                           {"init_lora_weights", "something new"},
                                                           {"alora_invocation_tokens", {1, 2}},
                                                           {"arrow_config", {{"top_k", 3}}},
                                                           {"use_qalora", true},
                                                           {"use_dora", true},
                                                           {"lora_bias", true},
                                                           {"layer_replication", {{0, 1}}},
                                                           {"target_parameters", {"experts"}},
                                                           {"trainable_token_indices", {3}},
                                                           {"a_member_of_the_future", 1}}) {
    INFO(key << " " << value);
    with(key, value);
    CHECK_THROWS_WITH(read_peft<float>(folder.path(), config), ContainsSubstring(key));
  }
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, nlohmann::json>>{{"init_lora_weights", false},
                                                           {"init_lora_weights", "gaussian"},
                                                           {"use_qalora", false},
                                                           {"alora_invocation_tokens", nullptr},
                                                           {"lora_dropout", 0.1},
                                                           {"a_member_of_the_future", nullptr}}) {
    INFO(key << " " << value);
    with(key, value);
    CHECK(read_peft<float>(folder.path(), config).size() == model.adapter.weights().size());
  }
}

TEST_CASE("of two alphas that fit a module, the one that stands first in the file counts, as in PEFT") {
  const testing::TemporaryFolder folder;
  const auto config = small(false, true);
  const Model model(config);
  export_peft(folder.path(), model.adapter, config, {});
  const auto path = folder.path() / "adapter_config.json";
  auto json = nlohmann::ordered_json::parse(read_text(path));
  json["alpha_pattern"] = nlohmann::ordered_json{{"self_attn.q_proj", 10}, {"q_proj", 4}};
  std::ofstream(path) << json.dump();
  const auto scale_of_q = [&] {
    for (const auto& one : read_peft<float>(folder.path(), config)) {
      if (one.weight == "blocks.0.attention.q.weight") {
        return one.factors.scale;
      }
    }
    return 0.0;
  };
  CHECK(scale_of_q() == 5.0);
  json["alpha_pattern"] = nlohmann::ordered_json{{"q_proj", 4}, {"self_attn.q_proj", 10}};
  std::ofstream(path) << json.dump();
  CHECK(scale_of_q() == 2.0);
}

TEST_CASE("damaged PEFT folders are read or refused, never worse") {
  const testing::TemporaryFolder folder;
  const auto config = small(false, true);
  const Model model(config);
  export_peft(folder.path(), model.adapter, config, {});
  const std::string name = GENERATE("adapter_config.json", "adapter_model.safetensors");
  const std::string good = read_text(folder.path() / name);
  Random random(1);
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::filesystem::remove(folder.path() / name);  // ext4 flushes to the disk what is written over a file
    std::ofstream(folder.path() / name, std::ios::binary | std::ios::trunc) << testing::mutate(good, random, 1200);
    try {
      static_cast<void>(read_peft<float>(folder.path(), config));
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 100);
}
