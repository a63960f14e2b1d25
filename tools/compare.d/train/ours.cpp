// SPDX-License-Identifier: MIT
/// @file
/// One side of `tools/compare train`: makes a model, then takes training steps as the script on its standard input
/// asks.
///
/// Arguments: vocabulary context width layers heads intermediate_size sequences kv_heads method threads; kv_heads 0: of
/// the GPT-2 family, else of the Llama family. Lines in: the number of steps to take, or "end". Lines out: JSON; memory
/// in bytes.
#include <ampsft/ampsft.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace ampsft;

namespace {

Index status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == field + ":") {
      Index kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
  }
  return 0;
}

void parameterise(Transformer<float>& model, const std::string& method) {
  if (method == "dense") {
    return;
  }
  const auto bases = fit_bases(model.weights(), RandomBasis{.rank = 8, .seed = 1});
  freeze(model.parameters());
  if (method == "exact-bf16") {
    keep_in_bf16(model.weights(), {}, Arithmetic::bf16);
  }
  require(method.starts_with("exact") || method == "truncated", "unknown method ", method);
  attach_scores(model.weights(), bases, method == "truncated" ? ScoreForm::truncated : ScoreForm::exact_start,
                {.patterns = {"*"}, .tied = Tied::shared});
}

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t i) { return static_cast<Index>(std::stoll(arguments.at(i))); };
  ModelConfig config;
  config.vocabulary = number(0);
  config.context = number(1);
  config.hidden_size = number(2);
  config.layers = number(3);
  config.heads = number(4);
  config.intermediate_size = number(5);
  const Index sequences = number(6);
  if (const Index kv_heads = number(7); kv_heads > 0) {
    config.kv_heads = kv_heads;
    config.norm = NormKind::rms;
    config.learned_positions = false;
    config.layers = {number(3), {.rope = RopeConfig{}, .gated = true, .activation = Activation::silu}};
    config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  }
  set_thread_count(static_cast<int>(number(9)));
  const Index idle = status_bytes("VmRSS");
  Transformer<float> model(config, 1);
  parameterise(model, arguments.at(8));
  AdamW<float> optimizer({.learning_rate = 1e-4});
  const MemoryPlan plan = plan_memory(model, optimizer, sequences, config.context);
  const auto parameters = model.parameters();
  Tape<float> tape;
  Random random(2);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequences * config.context));
  std::vector<std::int32_t> targets(tokens.size());
  double loss = 0.0;
  const auto step = [&] {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = static_cast<std::int32_t>(random.below(config.vocabulary));
      targets[i] = static_cast<std::int32_t>(random.below(config.vocabulary));
    }
    for (auto* parameter : parameters) {
      parameter->clear_gradient();
    }
    const auto mean = model.loss(tape, tokens, targets, sequences);
    loss = static_cast<double>(mean.value()(0, 0));
    tape.backward(mean);
    tape.clear();
    optimizer.step(parameters);
  };
  std::cout << "{\"ready\": true}" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "end";) {
    const auto start = std::chrono::steady_clock::now();
    const long steps = std::stol(line);
    for (long i = 0; i < steps; ++i) {
      step();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::cout << "{\"seconds\": " << taken.count() << ", \"loss\": " << loss << "}" << std::endl;
  }
  std::cout << "{\"idle\": " << idle << ", \"peak\": " << status_bytes("VmHWM")
            << ", \"weights\": " << plan.frozen + plan.trained << ", \"state\": " << plan.gradients + plan.optimizer
            << ", \"planned_activations\": " << plan.activations << ", \"level\": \"" << simd::name(simd::level())
            << "\"}" << std::endl;
  return 0;
}

}  // namespace

int main(int count, char** values) {
  try {
    return run({values + 1, values + count});
  } catch (const std::exception& error) {
    std::cerr << "compare train: " << error.what() << '\n';
    return 1;
  }
}
