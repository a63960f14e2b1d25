// SPDX-License-Identifier: MIT
/// @file
/// What adapter_config.json of PEFT says: the scale of each module, and that there is nothing else to know.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// PEFT's scale of a module.
class PeftScale {
 public:
  /// `alphas` are of modules whose names end so, the first that fits counts.
  PeftScale(std::string source, double alpha, bool root, std::vector<std::pair<std::string, double>> alphas)
      : source_(std::move(source)), alpha_(alpha), root_(root), alphas_(std::move(alphas)) {}

  [[nodiscard]] double operator()(const std::string& module, Index rank) const {
    double alpha = alpha_;
    for (const auto& [pattern, value] : alphas_) {
      if (module == pattern || module.ends_with("." + pattern)) {
        alpha = value;
        break;
      }
    }
    const double scale = alpha / (root_ ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank));
    require(std::isfinite(scale), source_, ": the scale of ", quoted(module), " is not finite");
    return scale;
  }

 private:
  std::string source_;
  double alpha_;
  bool root_;
  std::vector<std::pair<std::string, double>> alphas_;
};

/// How the factors began does not matter once they are trained, but some beginnings take something off the base first,
/// or put other numbers in its place.
AMPSFT_HEADER_INLINE void require_same_base_as_ours(const JsonFields& config);

/// Members that change nothing once an adapter is trained.
inline constexpr std::array<std::string_view, 25> harmless_peft_members{"auto_mapping",      "base_model_name_or_path",
                                                                        "corda_config",      "ensure_weight_tying",
                                                                        "eva_config",        "exclude_modules",
                                                                        "fan_in_fan_out",    "inference_mode",
                                                                        "layers_pattern",    "layers_to_transform",
                                                                        "loftq_config",      "lora_dropout",
                                                                        "lora_ga_config",    "megatron_config",
                                                                        "megatron_core",     "peft_version",
                                                                        "qalora_group_size", "r",
                                                                        "revision",          "runtime_config",
                                                                        "target_modules",    "task_type",
                                                                        "init_lora_weights", "peft_type",
                                                                        "rank_pattern"};

/// Throws for a member that is neither understood, nor harmless, nor off: null, false or empty.
AMPSFT_HEADER_INLINE void refuse_other_peft_members(const nlohmann::json& config, const std::string& source);

/// Reads the config of a LoRA adapter. Throws `Error` that names file and member for what is not plain LoRA.
[[nodiscard]] AMPSFT_HEADER_INLINE PeftScale read_peft_config(const std::filesystem::path& path);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/peft_config_inl.hpp>
#endif
