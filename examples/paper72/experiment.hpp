// SPDX-License-Identifier: MIT
/// @file
/// The experiment: one base model, six methods, the same care for each.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "corpus.hpp"
#include "results.hpp"
#include "training.hpp"

namespace paper72 {

/// The pretrained model on disk and how it came to be.
struct Base {
  std::filesystem::path path;
  std::string id;           ///< tells apart the bases of other texts or settings in one output folder
  nlohmann::json training;  ///< losses, validation, seconds, tokens, tokens_per_second
};

/// A way to fine-tune: what it makes trainable in a fresh copy of the base, and the middle of its learning-rate grid.
struct Method {
  std::string key;
  std::string name;
  double middle_rate;
  std::function<void(Model&, std::uint64_t seed)> prepare;
  Index rank = 0;
  std::uintmax_t basis_bytes = 0;
};

/// Pretrains the model, or finds it in the output folder.
Base pretrain(const Options& options, const Texts& texts);

/// The six methods of the experiment, with their bases fitted to `base`.
std::vector<Method> methods(const Options& options, Model& base, const ampsft::BasisSet<float>& bases);

/// The exact start on every matrix with another rank.
Method exact_start_of_rank(Model& base, Index rank);

/// Chooses the learning rate on validation text, trains with every seed, measures on test text; kept in the output
/// folder, so that a second call only reads it.
MethodResult run(const Method& method, const Options& options, const Texts& texts, const Base& base);

/// Loss on the fine-tuning text's test part.
double test_loss(Model& model, const Options& options, const Texts& texts);

/// What the model writes after the beginning of the test text (temperature 0.7, top-k 40).
std::string sample(Model& model, const Texts& texts, std::string* prompt = nullptr);

}  // namespace paper72
