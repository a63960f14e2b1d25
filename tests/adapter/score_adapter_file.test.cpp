// SPDX-License-Identifier: MIT
/// @file
/// Adapters go through files bit for bit, keep to their base and their basis, and hostile files are refused.
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/train/sgd.hpp>

#include <filesystem>
#include <fstream>

#include "adapter/model.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

std::vector<double> train(Transformer<float>& model, const ParameterList<float>& leaves, int steps) {
  Sgd<float> sgd({.learning_rate = 0.1, .momentum = 0.0});
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step) {
    Tape<float> tape;
    const std::vector<std::int32_t> targets{4, 2, 8, 5, 7, 0, 3, 9, 10, 6, 1, 2};
    const auto loss = model.loss(tape, some_tokens, targets, some_sequences);
    losses.push_back(static_cast<double>(loss.value()(0, 0)));
    tape.backward(loss);
    sgd.step(leaves);
    for (auto* leaf : leaves) {
      leaf->clear_gradient();
    }
  }
  return losses;
}

ParameterList<float> attach_frozen(const ScoreAdapter<float>& adapter, Transformer<float>& model) {
  freeze(model.parameters());
  return attach_adapter(adapter, model.weights());
}

}  // namespace

TEST_CASE("saved, loaded and continued training repeats the uninterrupted one bit for bit") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const auto tied = GENERATE(Tied::shared, Tied::separate);
  Tuned<float> tuned({.patterns = {"*"}, .tied = tied});
  train(tuned.model, tuned.leaves, 3);
  save_adapter(path, take_adapter(tuned.model.weights()));
  const auto expected = train(tuned.model, tuned.leaves, 3);

  Transformer<float> fresh(tiny::config(), 3);
  CHECK(train(fresh, attach_frozen(load_adapter<float>(path), fresh), 3) == expected);
  CHECK(same(logits_of(fresh), logits_of(tuned.model)));
}

TEST_CASE("the truncated form goes through a file where the base's hash is given") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  Transformer<double> fresh(tiny::config(), 3);
  Tuned<double> tuned({.patterns = {"blocks.*"}}, ScoreForm::truncated);
  CHECK_THROWS_WITH(take_adapter(tuned.model.weights()), ContainsSubstring("before attaching"));
  save_adapter(path, take_adapter(tuned.model.weights(), base_hash(fresh.weights())));
  attach_adapter(load_adapter<double>(path), fresh.weights());
  CHECK(same(logits_of(fresh), logits_of(tuned.model)));
}

TEST_CASE("another base is refused and both hashes are named; the model stays as it was") {
  Tuned<float> tuned;
  const auto adapter = take_adapter(tuned.model.weights());
  Transformer<float> other(tiny::config(), 4);
  const auto before = logits_of(other);
  CHECK_THROWS_WITH(attach_adapter(adapter, other.weights()),
                    ContainsSubstring(adapter.base) && ContainsSubstring(base_hash(other.weights())));
  CHECK(same(logits_of(other), before));
}

TEST_CASE("scores in bfloat16 are rounded once, and take half the room") {
  const testing::TemporaryFolder folder;
  Tuned<float> tuned;
  const auto adapter = take_adapter(tuned.model.weights());
  save_adapter(folder.path() / "a.safetensors", adapter, {.scores = DType::bf16});
  const auto loaded = load_adapter<float>(folder.path() / "a.safetensors");
  REQUIRE(loaded.matrices.size() == adapter.matrices.size());
  for (std::size_t i = 0; i < adapter.matrices.size(); ++i) {
    const auto& stored = adapter.matrices[i].scores;
    for (std::size_t j = 0; j < stored.size(); ++j) {
      CHECK(loaded.matrices[i].scores.storage()[j] == static_cast<float>(BFloat16(stored.storage()[j])));
    }
  }
  CHECK(SafetensorsFile(folder.path() / "a.safetensors").info("token_embedding.weight.scores").bytes.size() ==
        11 * 3 * 2);
}

TEST_CASE("many adapters share one file of bases, which must be theirs") {
  const testing::TemporaryFolder folder;
  Tuned<float> tuned;
  const AdapterFileOptions options{.basis_file = "bases.safetensors"};
  save_adapter(folder.path() / "one.safetensors", take_adapter(tuned.model.weights()), options);
  fill_leaves(tuned.leaves, 6);
  save_adapter(folder.path() / "two.safetensors", take_adapter(tuned.model.weights()), options);
  CHECK_FALSE(SafetensorsFile(folder.path() / "two.safetensors").contains("basis.8.components"));
  Transformer<float> fresh(tiny::config(), 3);
  attach_adapter(load_adapter<float>(folder.path() / "two.safetensors"), fresh.weights());
  CHECK(same(logits_of(fresh), logits_of(tuned.model)));

  auto other = take_adapter(tuned.model.weights());
  other.bases.erase(8);
  other.bases.insert(UniversalBasis<float>::random(8, 3, 99));
  CHECK_THROWS_WITH(save_adapter(folder.path() / "three.safetensors", other, options), ContainsSubstring("hash"));
  CHECK_THROWS_WITH(load_adapter<float>(folder.path() / "two.safetensors", other.bases), ContainsSubstring("hash"));
  CHECK_THROWS_WITH(save_adapter(folder.path() / "three.safetensors", other, {.basis_file = "../bases.safetensors"}),
                    ContainsSubstring("same folder"));
}

TEST_CASE("a file of version 0 still loads") {
  const auto adapter =
      load_adapter<float>(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "adapter_version_0.safetensors");
  CHECK(adapter.form == ScoreForm::exact_start);
  CHECK(adapter.base.empty());
  Transformer<float> model(tiny::config(), 3);
  const auto leaves = attach_adapter(adapter, model.weights());
  REQUIRE(leaves.size() == 2);
  CHECK(leaves[0]->name == "blocks.0.attention.q.weight.scores");
  CHECK(leaves[0]->value(7, 1) == 0.25F * 15);  // the script's numbers
  CHECK(leaves[1]->value(0, 0) == -1.0F);
  CHECK(adapter.bases.at(8)->components()(1, 1) == 1.0F);
}

TEST_CASE("an adapter of a later version is refused by its number") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  SafetensorsWriter writer;
  writer.set_metadata("ampsft.adapter", R"({"version": 2})");
  writer.write(path);
  CHECK_THROWS_WITH(load_adapter<float>(path), ContainsSubstring("version 2"));
}

TEST_CASE("damaged adapters are read or refused, never worse") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  Tuned<float> tuned({.patterns = {"blocks.0.attention.q.weight", "blocks.0.mlp.down.weight"}});
  save_adapter(path, take_adapter(tuned.model.weights()));
  const std::string version_0 = read_text(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" /
                                          "adapter_version_0.safetensors");  // it has no checksum
  const std::string good = GENERATE_COPY(read_text(path), version_0);
  Random random(1);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::filesystem::remove(path);  // ext4 flushes to the disk what is written over a file
    std::ofstream(path, std::ios::binary | std::ios::trunc) << testing::mutate(good, random, 900);
    try {
      const auto adapter = load_adapter<float>(path);
      Transformer<float> model(tiny::config(), 3);
      attach_adapter(adapter, model.weights());
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
