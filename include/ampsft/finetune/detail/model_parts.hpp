// SPDX-License-Identifier: MIT
/// @file
/// What a language model consists of.
#pragma once

#include <ampsft/adapter/merge.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/file_stamps.hpp>
#include <ampsft/finetune/language_model.hpp>
#include <ampsft/generate/pretrained_text.hpp>
#include <ampsft/model/transformer.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ampsft::detail {

/// Stays where it is made, for its parts refer to each other.
struct ModelParts {
  /// Throws `Error` for a model that is not there or cannot be read, and a template that cannot be.
  ModelParts(const std::filesystem::path& model_path, const LanguageModelOptions& model_options);
  ModelParts(const ModelParts&) = delete;
  ModelParts& operator=(const ModelParts&) = delete;
  ~ModelParts() = default;

  /// Reads the weights again; what was done to them is lost.
  void reload(WeightStorage as);
  /// Must be called after every change of the weights or the adapter: what was read with other weights counts no more.
  void weights_changed() noexcept { ++version; }
  /// See `LanguageModel`.
  void attach(Adapter next);  // a copy, for the one in use goes first
  void detach();
  void merge();
  /// The adapter is in use again as such.
  void unmerge();
  /// Keeps the weights as they are, before something is attached to them.
  void keep_originals();
  /// Puts these very weights back, tied as they were, and forgets the adapter.
  void put_back();
  /// The weights without adapter.
  [[nodiscard]] WeightList<float> base_weights();
  /// Throws `Error` unless the adapter is for these weights, or does not say for which.
  void require_base(const Adapter& one);
  void save(const std::filesystem::path& folder, std::optional<DType> dtype, const OnTensors& on_tensors,
            const std::filesystem::path& source = {});
  void warn(const std::string& text) const;
  /// Warns if the adapter was trained with another chat template.
  void warn_of_template(const Adapter& one) const;
  /// The hash of the weights without adapter; computed once.
  [[nodiscard]] std::string base_hash();
  /// The weights themselves were changed, not the adapter upon them.
  void base_changed();
  /// Throws `Error` for a loss that is no number, with the name of the weight that is to blame, if one is.
  void require_finite_loss(const Evaluation& found);
  /// Tells tokenizer and template from others.
  [[nodiscard]] std::string text_side() const;

  std::filesystem::path path;
  FileStamps stamps;  ///< taken before anything is read
  LanguageModelOptions options;
  PretrainedText text;
  ChatTemplate chat;
  WeightStorage storage;
  Transformer<float> model;
  Adapter adapter;                             ///< in use
  std::vector<Weight<float>> originals;        ///< the weights without it, in the order of the model's
  std::optional<MergedWeights<float>> merged;  ///< what the weights were before the adapter was merged into them
  std::mutex base_lock;
  std::string base;      ///< hash, under the lock; "": not known yet
  bool trained = false;  ///< the weights themselves are not those of the file any more
  std::atomic<std::uint64_t> version{0};
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/language_model_inl.hpp>
#endif
