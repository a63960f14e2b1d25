// SPDX-License-Identifier: MIT
/// @file
/// LoRA adapters of our own as PEFT folders, and back again. (tools/interop asks PEFT itself.)
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/peft_folder.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <string>

#include "model/pretrained_reference.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

namespace {

/// Random factors upon the linear layers, each of its own `A`.
LoraAdapter<float> adapt(Transformer<float>& model) {
  Random random(2);
  const auto leaves = attach_lora(model.weights(), {.rank = 3, .alpha = 5.0}, {.patterns = {"blocks.*"}});
  for (auto* leaf : leaves) {
    fill_normal(leaf->value, 0.2, random);
  }
  auto adapter = take_lora(model.weights(), "");
  adapter.training["steps"] = 7;
  return adapter;
}

Matrix<double> logits_as_double(Transformer<float>& model, const PretrainedReference& reference) {
  const Matrix<float> logits = logits_of(model, reference);
  Matrix<double> values = make_matrix<double>(rows(logits), cols(logits));
  map(values) = map(logits).cast<double>();
  return values;
}

}  // namespace

TEST_CASE("LoRA of every family is the same after a PEFT folder, also where tensors are fused", "[adapter]") {
  for (const auto* name : pretrained_models) {
    INFO(name);
    const TemporaryFolder folder;
    const PretrainedReference reference(name);
    auto model = load_pretrained<float>(reference.folder);
    const auto adapter = adapt(model);
    const auto expected = logits_as_double(model, reference);
    CHECK(relative_difference<double>(expected, reference.logits) > 1e-3);  // it changes something

    save_lora(folder.path() / "peft", adapter, model.config(), {.base_model = "base"});
    CHECK(is_peft_folder(folder.path() / "peft"));
    auto plain = load_pretrained<float>(reference.folder);
    const auto loaded = load_lora<float>(folder.path() / "peft", plain.config());
    CHECK(loaded.training == adapter.training);
    attach_adapter(loaded, plain.weights());
    CHECK(relative_difference<float>(logits_of(plain, reference), expected) < 1e-5);

    export_gguf_lora(folder.path() / "lora.gguf", adapter.factors, model.config());
    const GgufFile lora(folder.path() / "lora.gguf");
    CHECK(lora.names().size() == 2 * export_factors(adapter.factors, model.config(),
                                                    tensor_sources(model.config(), TensorNaming::gguf),
                                                    family_of(model.config()).gguf.pairing)
                                         .size());
  }
}

TEST_CASE("the scale of LoRA is PEFT's alpha over rank", "[adapter]") {
  const TemporaryFolder folder;
  const PretrainedReference reference(pretrained_models[0]);
  auto model = load_pretrained<float>(reference.folder);
  const auto adapter = adapt(model);
  save_lora(folder.path(), adapter, model.config(), {});
  const auto json = nlohmann::json::parse(read_text(folder.path() / "adapter_config.json"));
  const double rank = json.at("r").get<double>();
  CHECK(json.at("lora_alpha").get<double>() / rank == Approx(rank == 3.0 ? 5.0 / 3.0 : 1.0));
}

TEST_CASE("a LoRA adapter belongs to the base that it was trained on", "[adapter]") {
  const TemporaryFolder folder;
  const PretrainedReference reference(pretrained_models[0]);
  auto model = load_pretrained<float>(reference.folder);
  const std::string base = base_hash(model.weights());
  auto adapter = adapt(model);
  adapter.base = base;
  save_lora(folder.path(), adapter, model.config(), {});
  auto plain = load_pretrained<float>(reference.folder);
  attach_adapter(load_lora<float>(folder.path(), plain.config()), plain.weights());
  auto other = load_pretrained<float>(reference.folder);
  map(other.parameters().front()->value)(0, 0) += 1.0F;
  CHECK_THROWS_AS(attach_adapter(load_lora<float>(folder.path(), other.config()), other.weights()), Error);
  for (const auto* weight : other.weights()) {
    CHECK_FALSE(weight->is_adapted());
  }
  write_text(folder.path() / "ampsft.json", "{\"training\": 3}");
  CHECK_THROWS_AS(load_lora<float>(folder.path(), plain.config()), Error);
}

TEST_CASE("taking LoRA of a model without it, or with scores, is an error", "[adapter]") {
  const PretrainedReference reference(pretrained_models[0]);
  auto model = load_pretrained<float>(reference.folder);
  CHECK_THROWS_AS(take_lora(model.weights(), ""), Error);
  BasisSet<float> bases;
  for (const auto* weight : match_weights(model.weights(), {"blocks.0.*"})) {
    if (bases.find(weight->cols()) == nullptr) {
      bases.insert(UniversalBasis<float>::random(weight->cols(), 2, 1));
    }
  }
  attach_scores(model.weights(), bases, ScoreForm::exact_start, {.patterns = {"blocks.0.*"}});
  CHECK_THROWS_AS(take_lora(model.weights(), ""), Error);
}
