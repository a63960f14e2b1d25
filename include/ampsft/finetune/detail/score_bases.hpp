// SPDX-License-Identifier: MIT
/// @file
/// The bases of a fine-tuning of scores.
#pragma once

#include <ampsft/basis/basis_set.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/model_parts.hpp>
#include <ampsft/finetune/finetune_options.hpp>
#include <ampsft/train/memory_plan.hpp>

#include <optional>
#include <string>

namespace ampsft::detail {

/// "activations", "weights", or whatever was asked for.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string basis_kind(const Scores& scores);

/// Throws unless the kind of the bases is known or a file.
AMPSFT_HEADER_INLINE void require_basis_kind(const Scores& scores);

/// A basis for each width among the targets; activations and gradients are those of the training records. Gradients
/// need the weights as float parameters, so the model is read a second time for them, and let go again.
///
/// Throws `Error` for a rank above a width, a width of which nothing is seen, and as whatever makes them does.
[[nodiscard]] AMPSFT_HEADER_INLINE BasisSet<float> make_bases(ModelParts& parts, const PackedDataset& training,
                                                              const Scores& scores, const FinetuneOptions& options);

/// Bases of the same shapes without the work: those of a file, or random ones. Refuses what `make_bases` refuses, but
/// for numbers that are not finite.
[[nodiscard]] AMPSFT_HEADER_INLINE BasisSet<float> stand_in_bases(ModelParts& parts, const PackedDataset& training,
                                                                  const Scores& scores, const FinetuneOptions& options);

/// What bases of gradients take, as lines of text; empty for other bases, which take little more than the model.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string basis_memory(ModelParts& parts, const PackedDataset& training,
                                                            const Scores& scores, const FinetuneOptions& options);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/score_bases_inl.hpp>
#endif
