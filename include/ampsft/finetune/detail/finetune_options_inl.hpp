// SPDX-License-Identifier: MIT
/// @file
/// Checks of the options of a fine-tuning.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/finetune_options.hpp>

#include <cmath>
#include <variant>

namespace ampsft {

namespace detail {

AMPSFT_HEADER_INLINE void validate_method(const Method& method) {
  const auto check_stored = [](DType stored) {
    require(stored == DType::bf16 || stored == DType::f32, "finetune: what was trained is stored in BF16 or F32, not ",
            dtype_name(stored));
  };
  const auto check = [&](Index rank, const std::vector<std::string>& targets, DType stored) {
    require(rank >= 1, "finetune: rank must be at least 1, not ", rank);
    require(!targets.empty(), "finetune: targets are empty; name linear, embeddings, head, or patterns of names");
    check_stored(stored);
  };
  if (const auto* scores = std::get_if<Scores>(&method)) {
    check(scores->rank, scores->targets, scores->stored);
    require(scores->basis_batches >= 1, "finetune: basis_batches must be at least 1, not ", scores->basis_batches);
  } else if (const auto* lora = std::get_if<Lora>(&method)) {
    check(lora->rank, lora->targets, lora->stored);
    require(std::isfinite(lora->alpha) && lora->alpha > 0.0, "finetune: alpha must be a positive number, not ",
            lora->alpha);
  } else {
    check_stored(std::get<Full>(method).stored);
  }
}

}  // namespace detail

AMPSFT_HEADER_INLINE double FinetuneOptions::rate() const {
  constexpr double defaults[] = {1e-3, 3e-3, 1e-4};
  return learning_rate.value_or(defaults[method.index()]);
}

AMPSFT_HEADER_INLINE void FinetuneOptions::validate() const {
  detail::validate_method(method);
  const auto at_least = [](const char* name, Index value, Index least) {
    require(value >= least, "finetune: ", name, " must be at least ", least, ", not ", value);
  };
  at_least("epochs", epochs, 1);
  at_least("steps", steps, 0);
  at_least("batch", batch, 1);
  at_least("accumulation", accumulation, 1);
  at_least("evaluate_every", evaluate_every, 0);
  at_least("patience", patience, 0);
  require(std::isfinite(rate()) && rate() > 0.0, "finetune: learning_rate must be a positive number, not ", rate());
  require(warmup >= 0.0 && warmup <= 1.0, "finetune: warmup is a share of the steps, from 0 to 1, not ", warmup);
  const auto not_negative = [](const char* name, double value) {
    require(std::isfinite(value) && value >= 0.0, "finetune: ", name, " must not be negative, but is ", value);
  };
  not_negative("weight_decay", weight_decay);
  not_negative("clip_norm", clip_norm);
  not_negative("checkpoint_seconds", checkpoint_seconds);
  require(!restart || !checkpoint.empty(), "finetune: restart is for runs with a checkpoint");
}

}  // namespace ampsft
