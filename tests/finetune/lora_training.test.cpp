// SPDX-License-Identifier: MIT
/// @file
/// LoRA that starts with PEFT's factors and reads PEFT's batches sees PEFT's losses (tools/fixtures/lora_training.py).
#include <ampsft/adapter/peft_folder.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// The batches of the file, one a step.
struct GivenBatches {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> targets;
  Index sequences;
  Index width;

  [[nodiscard]] Index length() const { return width; }
  [[nodiscard]] Index window_count() const { return static_cast<Index>(tokens.size()) / width; }
  [[nodiscard]] Batch shuffled_batch(std::uint64_t, Index first, Index) const { return window_batch(first, sequences); }
  [[nodiscard]] Batch window_batch(Index first, Index count) const {
    const auto begin = first * width;
    const auto end = begin + count * width;
    return {.inputs = {tokens.begin() + begin, tokens.begin() + end},
            .targets = {targets.begin() + begin, targets.begin() + end},
            .sequences = count,
            .length = width};
  }
};

std::vector<std::int32_t> integers(const SafetensorsFile& file, const std::string& name) {
  const auto values = file.read_integers(name);
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("50 steps of LoRA have PEFT's losses", "[finetune]") {
  const std::filesystem::path fixtures = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures";
  const SafetensorsFile file(fixtures / "lora_training" / "expected.safetensors");
  const GivenBatches batches{integers(file, "tokens"), integers(file, "targets"), 2, 24};
  const auto losses = file.read_matrix<double>("losses");
  const auto steps = static_cast<Index>(losses.size());
  REQUIRE(steps == 50);

  auto model = load_pretrained<float>(fixtures / "models" / "llama");
  freeze(model.parameters());
  const auto adapter = load_lora<float>(fixtures / "lora_training" / "peft", model.config());
  CHECK(adapter.factors.size() == 14);
  attach_adapter(adapter, model.weights());
  Trainer trainer(model, AdamW<float>({.learning_rate = 1e-2, .beta2 = 0.999}));
  const auto report =
      trainer.fit(batches, {.steps = steps, .sequences = 2, .clip_norm = 1.0, .schedule = {.decay = Decay::constant}});
  REQUIRE(report.losses.size() == losses.size());
  for (std::size_t i = 0; i < report.losses.size(); ++i) {
    INFO("step " << i);
    CHECK(report.losses[i] == Approx(losses.data()[i]).margin(1e-4));
  }
  Tape<float> tape(TapeMode::inference);
  const Batch first = batches.shuffled_batch(0, 0, 2);
  CHECK(model.loss(tape, first.view()).value()(0, 0) == Approx(file.read_matrix<double>("loss")(0, 0)).margin(1e-4));
}
