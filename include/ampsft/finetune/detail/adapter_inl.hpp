// SPDX-License-Identifier: MIT
/// @file
/// How an adapter is saved and exported.
#pragma once

#include <ampsft/adapter/gguf_export.hpp>
#include <ampsft/adapter/peft_folder.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/adapter.hpp>

#include <string>
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

AMPSFT_HEADER_INLINE void Adapter::save(const std::filesystem::path& path) const {
  if (const auto* scores = std::get_if<ScoreAdapter<float>>(&content())) {
    save_adapter(path, *scores, {.scores = parts().stored, .basis_file = {}});
  } else {
    save_lora(path, std::get<LoraAdapter<float>>(content()), parts().config,
              {.base_model = parts().base_model, .dtype = parts().stored});
  }
}

AMPSFT_HEADER_INLINE void Adapter::export_peft(const std::filesystem::path& folder, DType dtype) const {
  ampsft::export_peft(folder, factors(), parts().config, {.base_model = parts().base_model, .dtype = dtype});
}

AMPSFT_HEADER_INLINE void Adapter::export_gguf(const std::filesystem::path& file, DType dtype) const {
  require(dtype == DType::f32 || dtype == DType::bf16, "a LoRA file for llama.cpp is written as F32 or BF16, not ",
          dtype_name(dtype));
  export_gguf_lora(file, factors(), parts().config, dtype == DType::bf16 ? BlockFormat::bf16 : BlockFormat::f32);
}

}  // namespace ampsft
