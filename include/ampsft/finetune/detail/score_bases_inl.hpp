// SPDX-License-Identifier: MIT
/// @file
/// How the bases of a fine-tuning are made.
#pragma once

#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/basis/policy.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/score_bases.hpp>
#include <ampsft/finetune/detail/target_patterns.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/collect_moments.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

namespace ampsft::detail {

inline constexpr std::array<std::string_view, 4> basis_kinds{"activations", "gradients", "weights", "random"};

/// The first directions of bases that are stored in a file.
struct StoredBases {
  std::string file;
  BasisSet<float> bases;
  Index rank;

  [[nodiscard]] UniversalBasis<float> fit(const RowStack<float>& stack) const {
    const auto found = bases.find(stack.width());
    require(found != nullptr, file, " holds no basis of width ", stack.width());
    return found->truncated(rank);
  }
};

AMPSFT_HEADER_INLINE std::string basis_kind(const Scores& scores) {
  if (!scores.basis.empty()) {
    return scores.basis;
  }
  return scores.form == ScoreForm::truncated ? "weights" : "activations";
}

inline bool is_basis_file(const std::string& kind) {
  return std::find(basis_kinds.begin(), basis_kinds.end(), kind) == basis_kinds.end();
}

AMPSFT_HEADER_INLINE void require_basis_kind(const Scores& scores) {
  std::error_code ignored;
  const std::string kind = basis_kind(scores);
  require(!is_basis_file(kind) || std::filesystem::exists(kind, ignored), "the basis ", kind,
          " is neither weights, random, activations or gradients, nor a file that is there");
}

inline std::set<Index> widths_of(Transformer<float>& model, const std::vector<std::string>& patterns, Index rank) {
  std::set<Index> widths;
  for (const auto* weight : match_weights(model.weights(), patterns)) {
    require(rank <= weight->cols(), "the rank must be at most ", weight->cols(), ", the width of ", weight->name(),
            "'s rows, not ", rank);
    widths.insert(weight->cols());
  }
  return widths;
}

inline CollectOptions collect_options(const Scores& scores, const FinetuneOptions& options) {
  return {.batches = scores.basis_batches,
          .sequences = options.batch,
          .seed = options.seed,
          .patterns = target_patterns(scores.targets)};
}

/// Refuses ranks above a width, and for activations widths that no target reads: lookups in an embedding read none.
inline void require_rows(ModelParts& parts, const PackedDataset& training, const Scores& scores,
                         const FinetuneOptions& options) {
  const auto patterns = target_patterns(scores.targets);
  const auto widths = widths_of(parts.model, patterns, scores.rank);
  if (basis_kind(scores) != "activations") {
    return;
  }
  std::set<std::string> names;
  for (const auto* weight : match_weights(parts.model.weights(), patterns)) {
    names.insert(weight->name());
  }
  std::set<Index> read;
  Tape<float> tape(TapeMode::planning);
  tape.observe_inputs([&](const std::string& weight, Variable<float> x) {
    if (names.contains(weight)) {
      read.insert(x.cols());
    }
  });
  parts.model.checkpoint_blocks(false);  // their tapes have no observer
  static_cast<void>(parts.model.loss(tape, training.window_batch(0, 1).view()));
  parts.model.checkpoint_blocks(options.checkpoint_blocks);
  for (const Index width : widths) {
    require(read.contains(width), "bases of activations: the targets of width ", width,
            " multiply nothing, for rows of an embedding are only looked up; choose another basis");
  }
}

AMPSFT_HEADER_INLINE BasisSet<float> make_bases(ModelParts& parts, const PackedDataset& training, const Scores& scores,
                                                const FinetuneOptions& options) {
  require_rows(parts, training, scores, options);  // before the long work
  const std::string kind = basis_kind(scores);
  const auto patterns = target_patterns(scores.targets);
  const auto fit = [&](const auto& from) { return fit_bases(parts.model.weights(), from, patterns); };
  if (kind == "random") {
    return fit(RandomBasis{.rank = scores.rank, .seed = options.seed});
  }
  if (kind == "weights") {
    return fit(SvdOptions{.rank = scores.rank});
  }
  const CollectOptions collect = collect_options(scores, options);
  if (kind == "activations") {
    return fit(MomentBasis<float>{collect_activations(parts.model, training, collect), kind, scores.rank});
  }
  if (kind == "gradients") {
    require(!parts.trained, "bases of gradients are made of the model's file, whose weights are not the model's any ",
            "more; save the model, and load what was saved");
    const auto gradients = [&] {  // the second model is gone before the bases are made
      auto dense = load_pretrained<float>(parts.path);
      dense.checkpoint_blocks(options.checkpoint_blocks);
      return collect_gradients(dense, training, collect);
    };
    return fit(MomentBasis<float>{gradients(), kind, scores.rank});
  }
  return fit(StoredBases{kind, load_basis_set<float>(kind), scores.rank});
}

AMPSFT_HEADER_INLINE BasisSet<float> stand_in_bases(ModelParts& parts, const PackedDataset& training,
                                                    const Scores& scores, const FinetuneOptions& options) {
  if (is_basis_file(basis_kind(scores))) {
    return make_bases(parts, training, scores, options);
  }
  require_rows(parts, training, scores, options);
  return fit_bases(parts.model.weights(), RandomBasis{.rank = scores.rank, .seed = options.seed},
                   target_patterns(scores.targets));
}

AMPSFT_HEADER_INLINE std::string basis_memory(ModelParts& parts, const PackedDataset& training, const Scores& scores,
                                              const FinetuneOptions& options) {
  if (basis_kind(scores) != "gradients") {
    return "";
  }
  const auto patterns = target_patterns(scores.targets);
  UnfilledWeights<float> no_values;
  Transformer<float> second(parts.text.config, no_values);
  second.checkpoint_blocks(options.checkpoint_blocks);
  const auto batch = training.shuffled_batch(options.seed, 0, options.batch);
  const auto plan = plan_collect_gradients(second, batch.view(), patterns);
  Index moments = 0;
  for (const Index width : widths_of(second, patterns, scores.rank)) {
    moments += width * width * static_cast<Index>(sizeof(double));
  }
  const Index first = plan_weights(parts.model).frozen;
  std::string text = "Memory for the bases, besides some MiB that the kernels pack\n";
  const auto line = [&](const char* name, Index bytes) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%-14s%12.1f MiB\n", name, static_cast<double>(bytes) / (1 << 20));
    text += buffer;
  };
  line("model", first);
  line("same, in float", plan.frozen + plan.trained);
  line("its gradients", plan.gradients);
  line("activations", plan.activations);
  line("moments", moments);
  line("together", first + plan.total() + moments);
  return text;
}

}  // namespace ampsft::detail
