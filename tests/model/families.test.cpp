// SPDX-License-Identifier: MIT
/// @file
/// Families of models: GGUF files give what folders give, caches reach past windows, names and shapes are told once.
#include <ampsft/generate/cached_text.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/parameter_shapes.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/pretrained_reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

Matrix<double> as_double(std::span<const float> row) {
  Matrix<double> values = make_matrix<double>(1, static_cast<Index>(row.size()));
  std::copy(row.begin(), row.end(), values.data());
  return values;
}

/// Twelve tokens after the prompt, each with the logits that transformers took it from.
void check_greedy(Transformer<float>& model, const PretrainedReference& reference) {
  const auto prompt = reference.ids("prompt");
  const auto greedy = reference.ids("greedy");
  const auto expected = reference.numbers("greedy.logits");
  CachedText<Transformer<float>> text(model);
  std::vector<std::int32_t> all = prompt;
  auto logits = text.become(all);
  for (std::size_t i = 0; i < greedy.size(); ++i) {
    INFO("token " << i);
    Matrix<double> wanted = make_matrix<double>(1, cols(expected));
    map(wanted) = map(expected).row(static_cast<Index>(i));
    CHECK(relative_difference<double>(as_double(logits), wanted) < 1e-5);
    CHECK(std::max_element(logits.begin(), logits.end()) - logits.begin() == greedy[i]);
    all.push_back(greedy[i]);
    logits = text.become(all);
  }
}

}  // namespace

TEST_CASE("GGUF files of every family give what transformers gives", "[model]") {
  int seen = 0;
  for (const auto* name : pretrained_models) {
    INFO(name);
    const PretrainedReference reference(name);
    const auto path = reference.folder / "model.gguf";
    if (!std::filesystem::exists(path)) {
      continue;
    }
    ++seen;
    // of what a GGUF file has no key for, the fixture holds what it means
    const auto expected = reference.numbers(reference.has("gguf.logits") ? "gguf.logits" : "logits");
    for (const auto storage : {WeightStorage::dense, WeightStorage::as_stored}) {
      auto model = load_pretrained<float>(path, {.storage = storage});
      CHECK(relative_difference<float>(logits_of(model, reference), expected) < 1e-5);
    }
  }
  CHECK(seen >= 8);
}

TEST_CASE("greedy texts from the cache go past windows and longrope's limit", "[model]") {
  int seen = 0;
  for (const auto* name : pretrained_models) {
    const PretrainedReference reference(name);
    if (!reference.has("greedy")) {
      continue;
    }
    INFO(name);
    ++seen;
    auto model = load_pretrained<float>(reference.folder);
    check_greedy(model, reference);
  }
  CHECK(seen >= 9);
}

TEST_CASE("longrope has other angles for short texts", "[model]") {
  const PretrainedReference reference("phi3_longrope");
  auto model = load_pretrained<double>(reference.folder);
  Tape<double> tape(TapeMode::inference);
  const auto logits = model.logits(model.hidden(tape, reference.ids("short.tokens"), PretrainedReference::sequences));
  CHECK(relative_difference<double>(logits.value(), reference.numbers("short.logits")) < 1e-5);

  KeyValueCache<double> cache;
  const std::vector<std::int32_t> tokens(18, 3);
  static_cast<void>(model.hidden(tape, std::span(tokens).first(16), cache));
  CHECK_FALSE(model.continues(16, 17));
  CHECK_THROWS_WITH(model.hidden(tape, std::span(tokens).first(1), cache), ContainsSubstring("longrope"));
}

TEST_CASE("a model names its parameters as its config tells", "[model]") {
  for (const auto* name : pretrained_models) {
    INFO(name);
    auto model = load_pretrained<float>(PretrainedReference(name).folder);
    std::map<std::string, std::vector<Index>> told;
    for_each_parameter(model.config(), [&](Index layer, std::string_view stem, std::string_view suffix,
                                           const std::vector<Index>& shape) {
      told[layer >= 0 ? concat("blocks.", layer, '.', stem, '.', suffix) : concat(stem, '.', suffix)] = shape;
    });
    std::map<std::string, std::vector<Index>> found;
    for (const auto* parameter : model.parameters()) {
      found[parameter->name] = parameter->is_vector
                                   ? std::vector<Index>{cols(parameter->value)}
                                   : std::vector<Index>{rows(parameter->value), cols(parameter->value)};
    }
    CHECK(found == told);
  }
}

TEST_CASE("families have names of their own", "[model]") {
  std::set<std::string_view> names;
  std::set<std::string_view> classes;
  for (const Family* family : all_families()) {
    INFO(family->name);
    CHECK(names.insert(family->name).second);
    CHECK(classes.insert(family->huggingface_class).second);
    CHECK(detail::find_family(&Family::huggingface_type, family->huggingface_type) == family);
    CHECK(detail::find_family(&Family::gguf_architecture, family->gguf_architecture) != nullptr);
  }
  CHECK_THROWS_WITH(family_of({.family = "mamba"}), ContainsSubstring("\"mamba\"") && ContainsSubstring("gemma3"));
}
