// SPDX-License-Identifier: MIT
/// @file
/// How many adapters are evaluated in as few passes as they allow.
#pragma once

#include <ampsft/adapter/align_adapters.hpp>
#include <ampsft/adapter/evaluate_variants.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/model_parts.hpp>
#include <ampsft/finetune/language_model.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <variant>

namespace ampsft {

namespace detail {

/// Adapters that one pass computes, by their places in the list; as variants, or a single one attached.
struct EvaluationPass {
  bool base = false;  ///< the model without adapter too
  bool variants = false;
  std::vector<std::size_t> adapters = {};
};

/// Evaluates the base and adapters, and leaves the model as it was.
class AdapterEvaluation {
 public:
  AdapterEvaluation(ModelParts& parts, const PackedDataset& text, const std::vector<Adapter>& adapters,
                    const EvaluateOptions& options)
      : parts_(parts), text_(text), adapters_(adapters), options_(options), before_(parts.adapter) {
    options.validate();
    for (const Adapter& one : adapters) {
      parts.require_base(one);
    }
    plan();
  }

  [[nodiscard]] std::vector<Evaluation> run() {
    const bool was_merged = parts_.merged.has_value();
    const auto restore = [&] {
      parts_.detach();
      if (!before_.empty()) {
        parts_.attach(before_);
        if (was_merged) {
          parts_.merge();
        }
      }
    };
    std::vector<Evaluation> results(adapters_.size() + 1,
                                    {.loss = std::numeric_limits<double>::quiet_NaN(), .tokens = 0, .stopped = true});
    parts_.detach();
    try {
      for (; pass_ < passes_.size() && goes_on_; ++pass_) {
        measure(passes_[pass_], results);
      }
    } catch (...) {
      restore();
      throw;
    }
    restore();
    return results;
  }

 private:
  [[nodiscard]] static const ScoreAdapter<float>* scores_of(const Adapter& adapter) {
    return std::get_if<ScoreAdapter<float>>(&adapter.content());
  }

  /// Scores go to the first pass that has their bases.
  void plan() {
    for (std::size_t i = 0; i < adapters_.size(); ++i) {
      const ScoreAdapter<float>* const own = scores_of(adapters_[i]);
      const bool variant = own != nullptr && own->form == ScoreForm::exact_start;
      const auto found = std::find_if(passes_.begin(), passes_.end(), [&](const EvaluationPass& pass) {
        return variant && pass.variants && std::all_of(pass.adapters.begin(), pass.adapters.end(), [&](std::size_t j) {
                 return can_align(*scores_of(adapters_[j]), *own);
               });
      });
      if (found != passes_.end()) {
        found->adapters.push_back(i);
      } else {
        passes_.push_back({.variants = variant, .adapters = {i}});
      }
    }
    const auto together =
        std::find_if(passes_.begin(), passes_.end(), [](const EvaluationPass& pass) { return pass.variants; });
    if (together != passes_.end()) {
      together->base = true;
    } else {
      passes_.insert(passes_.begin(), {.base = true});
    }
  }

  /// Counts the rows of all passes.
  [[nodiscard]] EvaluateOptions options_of_pass() {
    EvaluateOptions options = options_;
    if (options_.on_batch) {
      options.on_batch = [this](Index done, Index windows) {
        const auto passes = static_cast<Index>(passes_.size());
        goes_on_ = options_.on_batch(static_cast<Index>(pass_) * windows + done, passes * windows);
        return goes_on_;
      };
    }
    return options;
  }

  void measure(const EvaluationPass& pass, std::vector<Evaluation>& results) {
    if (pass.variants) {
      measure_together(pass, results);
    } else if (pass.base) {
      results.front() = measure_alone();
    } else {
      parts_.attach(adapters_[pass.adapters.front()]);
      results[pass.adapters.front() + 1] = measure_alone();
      parts_.detach();
    }
  }

  [[nodiscard]] Evaluation measure_alone() {
    const Evaluation found = evaluate(parts_.model, text_, options_of_pass());
    parts_.require_finite_loss(found);
    return found;
  }

  void measure_together(const EvaluationPass& pass, std::vector<Evaluation>& results) {
    std::vector<ScoreAdapter<float>> scores;
    for (const std::size_t i : pass.adapters) {
      parts_.warn_of_template(adapters_[i]);
      scores.push_back(*scores_of(adapters_[i]));
      scores.back().base.clear();  // it was compared before
    }
    align_adapters(scores);
    VariantStore<float> store(scores.front());
    std::vector<VariantSelection<float>::Pointer> variants;
    if (pass.base) {
      variants.push_back(nullptr);
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const std::string name = concat(i);
      store.add(name, scores[i]);
      scores[i] = {};
      variants.push_back(store.find(name));
    }
    const auto selection = attach_variants(store, parts_.model.weights());
    std::vector<Evaluation> found;
    try {
      found = evaluate_variants(parts_.model, *selection, variants, text_, options_of_pass());
    } catch (...) {
      ampsft::detach(parts_.model.weights());
      throw;
    }
    ampsft::detach(parts_.model.weights());
    parts_.weights_changed();
    for (const Evaluation& one : found) {
      parts_.require_finite_loss(one);
    }
    auto next = found.begin();
    if (pass.base) {
      results.front() = *next++;
    }
    for (const std::size_t i : pass.adapters) {
      results[i + 1] = *next++;
    }
  }

  ModelParts& parts_;
  const PackedDataset& text_;
  const std::vector<Adapter>& adapters_;
  const EvaluateOptions& options_;
  const Adapter before_;
  std::vector<EvaluationPass> passes_;
  std::size_t pass_ = 0;
  bool goes_on_ = true;
};

}  // namespace detail

AMPSFT_HEADER_INLINE std::vector<Evaluation> LanguageModel::evaluate_adapters(const Dataset& data,
                                                                              const std::vector<Adapter>& adapters,
                                                                              const EvaluateOptions& options) {
  require(data.text_side() == parts_->text_side(),
          "evaluate_adapters: the dataset was made by a model with another tokenizer or chat template");
  const PackedDataset& text = data.validation() != nullptr ? *data.validation() : data.training();
  return detail::AdapterEvaluation(*parts_, text, adapters, options).run();
}

}  // namespace ampsft
