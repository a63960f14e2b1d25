// SPDX-License-Identifier: MIT
/// @file
/// Adapters of every family leave for other tools and come in again.
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "model/pretrained_reference.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

namespace {

const std::vector<std::string> linear_layers{"blocks.*"};

/// Random scores upon the linear layers.
ScoreAdapter<float> adapt(Transformer<float>& model) {
  BasisSet<float> bases;
  for (const auto* weight : match_weights(model.weights(), linear_layers)) {
    if (bases.find(weight->cols()) == nullptr) {
      bases.insert(UniversalBasis<float>::random(weight->cols(), 3, 1));
    }
  }
  Random random(2);
  for (auto* leaf : attach_scores(model.weights(), bases, ScoreForm::exact_start, {.patterns = linear_layers})) {
    fill_normal(leaf->value, 0.1, random);
  }
  return take_adapter(model.weights());
}

Matrix<double> logits_as_double(Transformer<float>& model, const PretrainedReference& reference) {
  const Matrix<float> logits = logits_of(model, reference);
  Matrix<double> values = make_matrix<double>(rows(logits), cols(logits));
  map(values) = map(logits).cast<double>();
  return values;
}

}  // namespace

TEST_CASE("an adapter of every family is the same in a PEFT folder and in a merged one", "[adapter]") {
  for (const auto* name : pretrained_models) {
    INFO(name);
    const TemporaryFolder folder;
    const PretrainedReference reference(name);
    auto model = load_pretrained<float>(reference.folder);
    const auto adapter = adapt(model);
    const auto expected = logits_as_double(model, reference);
    CHECK(relative_difference<double>(expected, reference.logits) > 1e-3);  // it changes something

    export_peft(folder.path() / "peft", adapter, model.config(), {});
    auto plain = load_pretrained<float>(reference.folder);
    attach_factors(read_peft<float>(folder.path() / "peft", plain.config()), plain.weights());
    CHECK(relative_difference<float>(logits_of(plain, reference), expected) < 1e-5);

    export_merged(folder.path() / "merged", reference.folder, model.weights(), model.config());
    auto merged = load_pretrained<float>(folder.path() / "merged");
    CHECK(relative_difference<float>(logits_of(merged, reference), expected) < 1e-5);
  }
}

TEST_CASE("an adapter upon a GGUF model of every family fits the folder's model and llama.cpp's names", "[adapter]") {
  int seen = 0;
  for (const auto* name : pretrained_models) {
    const PretrainedReference reference(name);
    if (!std::filesystem::exists(reference.folder / "model.gguf") || reference.has("gguf.logits")) {
      continue;
    }
    INFO(name);
    ++seen;
    const TemporaryFolder folder;
    auto model = load_pretrained<float>(reference.folder / "model.gguf");
    const auto adapter = adapt(model);
    const auto expected = logits_as_double(model, reference);
    export_peft(folder.path() / "peft", adapter, model.config(), {});
    auto plain = load_pretrained<float>(reference.folder);
    attach_factors(read_peft<float>(folder.path() / "peft", plain.config()), plain.weights());
    CHECK(relative_difference<float>(logits_of(plain, reference), expected) < 1e-5);

    export_gguf_lora(folder.path() / "lora.gguf", adapter, model.config());
    const GgufFile lora(folder.path() / "lora.gguf");
    const GgufFile base(reference.folder / "model.gguf");
    CHECK(lora.value("general.architecture").text() == base.value("general.architecture").text());
    for (const auto& tensor : lora.names()) {
      INFO(tensor);
      const auto end = tensor.rfind(".lora_");
      REQUIRE(end != std::string::npos);
      REQUIRE(base.contains(tensor.substr(0, end)));
      const auto& shape = base.shape(tensor.substr(0, end));
      CHECK((tensor.ends_with("a") ? lora.shape(tensor)[1] == shape[1] : lora.shape(tensor)[0] == shape[0]));
    }
  }
  CHECK(seen >= 5);
}
