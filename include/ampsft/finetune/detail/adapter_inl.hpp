// SPDX-License-Identifier: MIT
/// @file
/// How an adapter is saved and exported.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/lora_sum.hpp>
#include <ampsft/adapter/peft_folder.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/adapter.hpp>

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE const Adapter::Parts& Adapter::parts() const {
  require(!empty(),
          "this adapter is empty; full fine-tuning changes the model itself: keep it with LanguageModel::save");
  return *parts_;
}

AMPSFT_HEADER_INLINE const Adapter::Content& Adapter::content() const {
  return parts().content;
}

AMPSFT_HEADER_INLINE std::string Adapter::method() const {
  return std::holds_alternative<ScoreAdapter<float>>(content()) ? "scores" : "lora";
}

AMPSFT_HEADER_INLINE std::vector<std::string> Adapter::weights() const {
  return std::visit([](const auto& adapter) { return adapter.weights(); }, content());
}

AMPSFT_HEADER_INLINE Index Adapter::size() const {
  Index count = 0;
  if (const auto* scores = std::get_if<ScoreAdapter<float>>(&content())) {
    for (const auto& matrix : scores->matrices) {
      count += static_cast<Index>(matrix.scores.size());
    }
  } else {
    for (const auto& one : std::get<LoraAdapter<float>>(content()).factors) {
      count += static_cast<Index>(one.factors.a.size() + one.factors.l.size());
    }
  }
  return count;
}

AMPSFT_HEADER_INLINE std::string Adapter::chat_template() const {
  const auto& training = std::visit(
      [](const auto& adapter) -> const auto& { return adapter.training; }, content());
  const auto found = training.find("chat_template");
  return found != training.end() && found->is_string() ? found->template get<std::string>() : "";
}

AMPSFT_HEADER_INLINE std::string Adapter::training() const {
  return std::visit([](const auto& adapter) { return json_text(adapter.training, 2); }, content());
}

AMPSFT_HEADER_INLINE std::vector<NamedFactors<float>> Adapter::factors() const {
  const auto* scores = std::get_if<ScoreAdapter<float>>(&content());
  return scores != nullptr ? factors_of(*scores) : std::get<LoraAdapter<float>>(content()).factors;
}

AMPSFT_HEADER_INLINE void Adapter::save(const std::filesystem::path& path, std::optional<DType> dtype) const {
  const DType stored = dtype.value_or(parts().stored);
  if (const auto* scores = std::get_if<ScoreAdapter<float>>(&content())) {
    save_adapter(path, *scores, {.scores = stored, .basis_file = {}});
  } else {
    export_peft(path, stored);
  }
}

AMPSFT_HEADER_INLINE void Adapter::export_peft(const std::filesystem::path& folder, DType dtype,
                                               const std::string& base_model) const {
  const auto remembered = [](const auto& adapter) { return std::pair(adapter.base, adapter.training); };
  auto [base, training] = std::visit(remembered, content());
  save_lora(folder, LoraAdapter<float>{factors(), std::move(base), std::move(training)}, parts().config,
            {.base_model = base_model.empty() ? parts().base_model : base_model, .dtype = dtype});
}

AMPSFT_HEADER_INLINE void Adapter::export_gguf(const std::filesystem::path& file, DType dtype) const {
  require(dtype == DType::f32 || dtype == DType::bf16, "a LoRA file for llama.cpp is written as F32 or BF16, not ",
          dtype_name(dtype));
  export_gguf_lora(file, factors(), parts().config, dtype == DType::bf16 ? BlockFormat::bf16 : BlockFormat::f32);
}

namespace detail {

/// Scores as factors where they are not.
inline LoraAdapter<float> as_lora(const Adapter& adapter) {
  const auto* lora = std::get_if<LoraAdapter<float>>(&adapter.content());
  if (lora != nullptr) {
    return *lora;
  }
  LoraAdapter<float> made;
  made.factors = adapter.factors();
  made.base = std::get<ScoreAdapter<float>>(adapter.content()).base;
  return made;
}

}  // namespace detail

AMPSFT_HEADER_INLINE Adapter weighted_sum(const std::vector<AdapterTerm>& terms) {
  require(!terms.empty(), "a sum of adapters needs at least one");
  const Adapter& first = terms.front().adapter;
  const std::string chat_template = first.chat_template();  // throws for an empty one
  if (terms.size() == 1 && terms.front().weight == 1.0) {
    return first;
  }
  const auto all = [&](const auto& holds) { return std::all_of(terms.begin(), terms.end(), holds); };
  Adapter::Content sum;
  if (all([](const AdapterTerm& term) { return term.adapter.method() == "scores"; })) {
    std::vector<WeightedAdapter<float>> scores;
    scores.reserve(terms.size());
    for (const auto& [adapter, weight] : terms) {
      scores.push_back({&std::get<ScoreAdapter<float>>(adapter.content()), weight});
    }
    sum = weighted_sum<float>(std::span(std::as_const(scores)));
  } else {
    std::deque<LoraAdapter<float>> kept;
    std::vector<WeightedLora<float>> lora;
    lora.reserve(terms.size());
    for (const auto& [adapter, weight] : terms) {
      lora.push_back({&kept.emplace_back(detail::as_lora(adapter)), weight});
    }
    sum = weighted_sum<float>(std::span(std::as_const(lora)));
  }
  if (!chat_template.empty() &&
      all([&](const AdapterTerm& term) { return term.adapter.chat_template() == chat_template; })) {
    std::visit([&](auto& adapter) { adapter.training["chat_template"] = chat_template; }, sum);
  }
  return {std::move(sum), first.parts().config, first.parts().base_model, DType::f32};
}

}  // namespace ampsft
