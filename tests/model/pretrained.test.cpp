// SPDX-License-Identifier: MIT
/// @file
/// Tiny pretrained models: logits, loss and every gradient against transformers'.
#include <ampsft/model/tensor_sources.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <map>
#include <string>

#include "model/pretrained_reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("pretrained models compute what transformers computes", "[model]", float, double) {
  using T = TestType;
  const double of_gradients =
      std::same_as<T, float> ? 1e-4 : 3e-5;  // theirs are in float; that of GPT-2's key bias is rounding alone
  for (const auto* name : pretrained_models) {
    INFO(name);
    const PretrainedReference reference(name);
    auto model = load_pretrained<T>(reference.folder);
    CHECK(relative_difference<T>(logits_of(model, reference), reference.logits) < 1e-5);

    auto gradients = load_pretrained<T>(reference.folder / "gradients");  // a model of gradients
    const auto expected = gradients.parameters();
    std::map<std::string, double> added;  // to gains, when they are read
    for (const auto& source : tensor_sources(model.config(), TensorNaming::huggingface)) {
      added[source.name] = source.offset;
    }
    for (const bool again : {false, true}) {  // the second time blocks are computed twice
      model.checkpoint_blocks(again);
      Tape<T> tape;
      const auto loss = model.loss(tape, reference.tokens, reference.targets, PretrainedReference::sequences);
      CHECK(std::abs(static_cast<double>(loss.value()(0, 0)) - reference.loss) < 1e-5);
      tape.backward(loss);
      const auto actual = model.parameters();
      REQUIRE(actual.size() == expected.size());
      for (std::size_t i = 0; i < actual.size(); ++i) {
        INFO(actual[i]->name);
        REQUIRE(actual[i]->has_gradient);
        Matrix<double> wanted = make_matrix<double>(rows(expected[i]->value), cols(expected[i]->value));
        map(wanted) = map(expected[i]->value).template cast<double>().array() - added[expected[i]->name];
        CHECK(relative_difference<T>(actual[i]->gradient, wanted) < of_gradients);
        actual[i]->clear_gradient();
      }
    }
  }
}

TEST_CASE("frozen forms of a pretrained model compute the same", "[model]") {
  for (const auto* name : pretrained_models) {
    INFO(name);
    const PretrainedReference reference(name);
    auto stored = load_pretrained<float>(reference.folder, {.storage = WeightStorage::as_stored});
    CHECK(relative_difference<float>(logits_of(stored, reference), reference.logits) < 1e-5);
    CHECK_FALSE(stored.weights()[1]->is_adapted());
    CHECK(stored.weights()[1]->own_parameter() == nullptr);

    auto half = load_pretrained<float>(reference.folder, {.storage = WeightStorage::bf16, .patterns = {"*.mlp.*"}});
    auto rounded = load_pretrained<float>(reference.folder);
    keep_in_bf16(rounded.weights(), {.patterns = {"*.mlp.*"}});
    CHECK((logits_of(half, reference) == logits_of(rounded, reference)));
    CHECK(half.weights().front()->own_parameter() != nullptr);
  }
  CHECK_THROWS_WITH(load_pretrained<double>(PretrainedReference("llama").folder, {.storage = WeightStorage::bf16}),
                    ContainsSubstring("float only"));
}
