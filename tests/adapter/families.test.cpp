// SPDX-License-Identifier: MIT
/// @file
/// Adapters of every family leave for other tools and come in again.
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/adapter/peft_import.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "model/pretrained_reference.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

namespace {

const std::vector<std::string> linear_layers{"blocks.*"};
const std::vector<std::string> with_embedding{"blocks.*", "token_embedding.weight", "lm_head.weight"};

/// Random scores upon the weights of these names; a tied head shares the embedding's.
ScoreAdapter<float> adapt(Transformer<float>& model, const std::vector<std::string>& patterns) {
  BasisSet<float> bases;
  for (const auto* weight : match_weights(model.weights(), patterns)) {
    if (bases.find(weight->cols()) == nullptr) {
      bases.insert(UniversalBasis<float>::random(weight->cols(), 3, 1));
    }
  }
  Random random(2);
  for (auto* leaf : attach_scores(model.weights(), bases, ScoreForm::exact_start, {.patterns = patterns})) {
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

/// What llama.cpp adds to a tensor: alpha / rank times the product of the factors, of the embedding transposed.
Matrix<float> change_of(const GgufFile& lora, const std::string& tensor) {
  const auto a = lora.read_matrix<float>(tensor + ".lora_a");
  const auto b = lora.read_matrix<float>(tensor + ".lora_b");
  const bool embedding = tensor == "token_embd.weight";  // its factors are those of the transposed matrix
  const auto rank = static_cast<float>(embedding ? cols(a) : rows(a));
  const auto scale = static_cast<float>(lora.value("adapter.lora.alpha").number()) / rank;
  return embedding ? make_matrix(scale * (map(a) * map(b).transpose())) : make_matrix(scale * (map(b) * map(a)));
}

/// Adds a GGUF adapter to the dense weights of a model that came from the GGUF file `base`; returns how many it
/// changed.
int add_lora(const std::filesystem::path& path, const GgufFile& base, Transformer<float>& model) {
  const GgufFile lora(path);
  CHECK(lora.value("general.architecture").text() == base.value("general.architecture").text());
  std::set<std::string> used;
  int changed = 0;
  for (const auto& source : tensor_sources(model.config(), TensorNaming::gguf)) {
    if (lora.contains(source.source + ".lora_a")) {
      INFO(source.name);
      REQUIRE(base.contains(source.source));
      const Matrix<float> change = change_of(lora, source.source);
      REQUIRE(std::vector<Index>{rows(change), cols(change)} == base.shape(source.source));
      for (auto* weight : match_weights(model.weights(), {source.name})) {
        map(weight->own_parameter()->value) += map(change).middleRows(source.first, source.shape[0]);
        ++changed;
      }
      used.insert({source.source + ".lora_a", source.source + ".lora_b"});
    }
  }
  CHECK(used.size() == lora.names().size());
  return changed;
}

}  // namespace

TEST_CASE("an adapter of every family is the same in a PEFT folder and in a merged one", "[adapter]") {
  for (const auto* name : pretrained_models) {
    INFO(name);
    const TemporaryFolder folder;
    const PretrainedReference reference(name);
    auto model = load_pretrained<float>(reference.folder);
    const auto adapter = adapt(model, with_embedding);
    CHECK(adapter.weights().size() == match_weights(model.weights(), with_embedding).size());
    const auto expected = logits_as_double(model, reference);
    CHECK(relative_difference<double>(expected, reference.logits) > 1e-3);  // it changes something

    export_peft(folder.path() / "peft", adapter, model.config(), {});
    auto plain = load_pretrained<float>(reference.folder);
    attach_factors(read_peft<float>(folder.path() / "peft", plain.config()), plain.weights());
    CHECK(relative_difference<float>(logits_of(plain, reference), expected) < 1e-5);

    export_merged(folder.path() / "merged", reference.folder, model.weights(), model.config());
    auto merged = load_pretrained<float>(folder.path() / "merged");
    CHECK(merged.config().tied_head == model.config().tied_head);
    CHECK(relative_difference<float>(logits_of(merged, reference), expected) < 1e-5);
  }
}

TEST_CASE("an adapter upon a GGUF model of every family fits the folder's model", "[adapter]") {
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
    const auto adapter = adapt(model, with_embedding);
    const auto expected = logits_as_double(model, reference);
    export_peft(folder.path() / "peft", adapter, model.config(), {});
    auto plain = load_pretrained<float>(reference.folder);
    attach_factors(read_peft<float>(folder.path() / "peft", plain.config()), plain.weights());
    CHECK(relative_difference<float>(logits_of(plain, reference), expected) < 1e-5);
  }
  CHECK(seen == 7);
}

TEST_CASE("a GGUF adapter of every family holds the change of every weight", "[adapter]") {
  int seen = 0;
  int from_folders = 0;
  for (const auto* name : pretrained_models) {
    const PretrainedReference reference(name);
    const auto path = reference.folder / "model.gguf";
    if (!std::filesystem::exists(path)) {
      continue;
    }
    INFO(name);
    ++seen;
    const TemporaryFolder folder;
    const GgufFile base(path);
    auto model = load_pretrained<float>(path);
    const bool tied = model.config().tied_head;
    const auto adapter = adapt(model, tied ? linear_layers : with_embedding);
    export_gguf_lora(folder.path() / "lora.gguf", adapter, model.config());
    auto changed = load_pretrained<float>(path);
    CHECK(add_lora(folder.path() / "lora.gguf", base, changed) == static_cast<int>(adapter.weights().size()));
    for (std::size_t i = 0; i < model.weights().size(); ++i) {
      INFO(model.weights()[i]->name());
      const Matrix<float> wanted = model.weights()[i]->materialize();
      const Matrix<float> found = changed.weights()[i]->materialize();
      CHECK((map(found) - map(wanted)).cwiseAbs().maxCoeff() < 1e-6F);
    }
    if (!reference.has("gguf.logits")) {  // the folder's model computes the same, its rows of q and k stand otherwise
      ++from_folders;
      auto twin = load_pretrained<float>(reference.folder);
      export_gguf_lora(folder.path() / "twin.gguf", adapt(twin, tied ? linear_layers : with_embedding), twin.config());
      auto adapted = load_pretrained<float>(path);
      add_lora(folder.path() / "twin.gguf", base, adapted);
      CHECK(relative_difference<float>(logits_of(adapted, reference), logits_as_double(twin, reference)) < 1e-5);
    }
    if (tied) {
      detach(model.weights());
      const auto all = adapt(model, with_embedding);
      CHECK_THROWS_WITH(export_gguf_lora(folder.path() / "lora.gguf", all, model.config()), ContainsSubstring("tied"));
    }
  }
  CHECK(seen == 10);
  CHECK(from_folders == 7);
}
