// SPDX-License-Identifier: MIT
/// @file
/// What a fine-tuning leaves behind: scores or LoRA factors, saved, exported and put onto models.
#pragma once

#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/dtype.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ampsft {

struct AdapterTerm;

/// Scores or LoRA factors for a model, with what they remember of their training. A value; copies share the numbers.
///
/// `finetune` and `LanguageModel::load_adapter` make one. The one of a full fine-tuning is empty: `LanguageModel::save`
/// keeps such a model.
class Adapter {
 public:
  using Content = std::variant<ScoreAdapter<float>, LoraAdapter<float>>;

  Adapter() = default;

  /// `config` and `base_model` are those of the model that it is for; `stored` is the type that its numbers are saved
  /// as.
  Adapter(Content content, ModelConfig config, std::string base_model, DType stored)
      : parts_(std::make_shared<const Parts>(
            Parts{std::move(content), std::move(config), std::move(base_model), stored})) {}

  [[nodiscard]] bool empty() const noexcept { return parts_ == nullptr; }

  /// "scores" or "lora". Throws `Error` for an empty one, as all that follows.
  [[nodiscard]] std::string method() const;
  /// The names of the adapted weights.
  [[nodiscard]] std::vector<std::string> weights() const;
  /// How many numbers were trained.
  [[nodiscard]] Index size() const;
  /// The chat template that it was trained with; "" if it does not say.
  [[nodiscard]] std::string chat_template() const;
  /// The summary of its training, a JSON object.
  [[nodiscard]] std::string training() const;

  [[nodiscard]] const Content& content() const;

  /// The change of each weight, `scale L A`; of scores `A` is the basis. Throws `Error` for scores of the truncated
  /// form.
  [[nodiscard]] std::vector<NamedFactors<float>> factors() const;

  /// Saves scores as one safetensors file, LoRA as a PEFT folder; what is there is replaced. The numbers are stored as
  /// `dtype`; empty: as the adapter says. Throws `Error` if that cannot be written.
  void save(const std::filesystem::path& path, std::optional<DType> dtype = {}) const;

  /// Writes a LoRA folder for PEFT, which remembers base and training. `base_model` is what it calls the base; empty:
  /// as the adapter says. Throws as the function `export_peft` does.
  void export_peft(const std::filesystem::path& folder, DType dtype = DType::f32,
                   const std::string& base_model = {}) const;

  /// Writes a LoRA file for llama.cpp, as F32 or BF16. Throws as `export_gguf_lora`.
  void export_gguf(const std::filesystem::path& file, DType dtype = DType::f32) const;

 private:
  struct Parts {
    Content content;
    ModelConfig config;
    std::string base_model;
    DType stored;
  };

  friend Adapter weighted_sum(const std::vector<AdapterTerm>& terms);

  [[nodiscard]] const Parts& parts() const;

  std::shared_ptr<const Parts> parts_;
};

/// A term of a sum of adapters.
struct AdapterTerm {
  Adapter adapter;
  double weight = 1.0;
};

/// The sum of the changes, each times its weight, exactly. Scores alone make scores; where LoRA is among the terms, the
/// sum is LoRA, whose factors stand beside each other. It remembers the chat template if all terms have the same; a
/// single term of weight 1 is that adapter itself.
///
/// Throws `Error` for no terms, empty adapters, adapters of different bases, scores over different bases of a width,
/// and truncated scores beside others (but for averages of them).
[[nodiscard]] AMPSFT_HEADER_INLINE Adapter weighted_sum(const std::vector<AdapterTerm>& terms);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/adapter_inl.hpp>
#endif
