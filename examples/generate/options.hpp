// SPDX-License-Identifier: MIT
/// @file
/// The command line of the program.
#pragma once

#include <ampsft/generate/generation_defaults.hpp>
#include <ampsft/generate/sampling.hpp>
#include <ampsft/model/load_options.hpp>

#include <optional>
#include <string>
#include <vector>

#include "support/adapter_choice.hpp"
#include "support/pretrained_options.hpp"

namespace generate {

using ampsft::Index;

/// What was asked for; settings that were not given are the model's.
struct Options {
  example::PretrainedOptions pretrained;
  ampsft::WeightStorage storage = ampsft::WeightStorage::dense;
  std::vector<example::AdapterChoice> adapters;
  std::optional<std::string> prompt;  ///< none: a chat
  std::string system;
  bool raw = false;  ///< the prompt is no message: the text goes on after it
  Index max_tokens = 512;
  std::optional<double> temperature;
  std::optional<Index> top_k;
  std::optional<double> top_p;
  std::optional<double> repetition_penalty;
  bool greedy = false;
  std::vector<std::string> stops;
  std::uint64_t seed = 0;
  int threads = 0;

  /// The settings of the command line, then the model's, then temperature 0.7 and top-p 0.9.
  [[nodiscard]] ampsft::SamplingOptions sampling(const ampsft::GenerationDefaults& defaults) const;
};

/// Reads the command line. Throws `ampsft::Error` for what cannot be; false: nothing is to be done.
[[nodiscard]] bool parse_options(int argc, char** argv, Options& options);

}  // namespace generate
