// SPDX-License-Identifier: MIT
/// @file
/// What an adapter says of its training.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/finetune/detail/model_parts.hpp>
#include <ampsft/finetune/detail/score_bases.hpp>
#include <ampsft/finetune/detail/target_patterns.hpp>
#include <ampsft/finetune/finetune.hpp>
#include <ampsft/train/train_options.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ampsft::detail {

/// `name` as JSON can hold it: what is no UTF-8 is replaced.
[[nodiscard]] inline std::string readable(const std::string& name) {
  using nlohmann::json;
  return json::parse(json(name).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

[[nodiscard]] inline std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) {
    all += (all.empty() ? "" : ", ") + word;
  }
  return all;
}

/// Model, records, method, settings and losses; `best` is the validation whose numbers are left of a run that diverged.
[[nodiscard]] inline nlohmann::json training_summary(const ModelParts& parts, const Dataset& data,
                                                     const FinetuneOptions& options, const TrainOptions& run,
                                                     const FinetuneResult& result,
                                                     const std::optional<ValidationPoint>& best) {
  nlohmann::json summary{{"model", readable(parts.path.filename().string())},
                         {"chat_template", chat_template_name(parts.chat.kind())},
                         {"method", method_name(options.method)},
                         {"records", data.training_records()},
                         {"learned_from", data.loss() == LossOn::answers ? "answers" : "everything"},
                         {"context", data.training().length()},
                         {"optimiser", concat("AdamW, ", run.schedule.describe())},
                         {"learning_rate", options.rate()},
                         {"batch", concat(options.batch, " x ", options.accumulation)},
                         {"steps", result.losses.size()},
                         {"seed", options.seed},
                         {"tokens", result.tokens},
                         {"seconds", result.seconds}};
  if (!result.losses.empty()) {
    summary["training_loss"] = result.losses.back();
  }
  if (options.continue_adapter) {  // rank, targets and the like are those of the adapter
    const auto& before =
        std::visit([](const auto& any) -> const nlohmann::json& { return any.training; }, parts.adapter.content());
    for (const char* const member : {"rank", "alpha", "form", "basis", "targets"}) {
      if (const auto found = before.find(member); found != before.end()) {
        summary[member] = *found;
      }
    }
    summary["continued"] = true;
  } else if (const auto* scores = std::get_if<Scores>(&options.method)) {
    summary["rank"] = scores->rank;
    summary["form"] = score_form_name(scores->form);
    summary["basis"] = readable(basis_kind(*scores));
    summary["targets"] = readable(joined(target_patterns(scores->targets)));
  } else if (const auto* lora = std::get_if<Lora>(&options.method)) {
    summary["rank"] = lora->rank;
    summary["alpha"] = lora->alpha;
    summary["targets"] = readable(joined(target_patterns(lora->targets)));
  }
  if (result.diverged && best) {
    summary["diverged"] = *result.diverged;
    summary["steps"] = best->step;  // of the numbers
  }
  if (result.validation_before && result.validation_after) {
    summary["validation_loss_before"] = *result.validation_before;
    summary["validation_loss"] = *result.validation_after;
    summary["validation_perplexity_before"] = std::exp(*result.validation_before);
    summary["validation_perplexity"] = std::exp(*result.validation_after);
  }
  return summary;
}

}  // namespace ampsft::detail
