// SPDX-License-Identifier: MIT
/// @file
/// How a language model is loaded, asked and adapted.
#pragma once

#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/adapter/peft_folder.hpp>
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/make_dataset.hpp>
#include <ampsft/finetune/detail/model_parts.hpp>
#include <ampsft/finetune/detail/require_finite.hpp>
#include <ampsft/finetune/language_model.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

namespace ampsft {

namespace detail {

inline const std::filesystem::path& existing_model(const std::filesystem::path& path) {
  std::error_code ignored;
  require(std::filesystem::exists(path, ignored), "there is no model ", path,
          "; name a GGUF file or a Hugging Face folder");
  return path;
}

AMPSFT_HEADER_INLINE ModelParts::ModelParts(const std::filesystem::path& model_path,
                                            const LanguageModelOptions& model_options)
    : path(existing_model(model_path)),
      stamps(path),
      options(model_options),
      text(load_pretrained_text(path)),
      chat(text.chat(options.chat_template.empty() ? std::nullopt
                                                   : std::optional(chat_template_of(options.chat_template)))),
      storage(options.storage),
      model(load_pretrained<float>(path, {.storage = storage})) {}

AMPSFT_HEADER_INLINE void ModelParts::reload(WeightStorage as) {
  require(!trained,
          "the weights of the model were trained, and those of the file are others; save the model, and load ",
          "what was saved");
  stamps.require_unchanged();  // config, tokenizer and hash are those of the files as they were
  merged.reset();              // they refer to the old weights
  originals.clear();
  model = load_pretrained<float>(path, {.storage = as});
  if (storage != as) {
    const std::lock_guard lock(base_lock);
    base.clear();  // bfloat16 rounds
  }
  storage = as;
  adapter = {};
  weights_changed();
}

AMPSFT_HEADER_INLINE void ModelParts::keep_originals() {
  originals.clear();
  for (const auto* weight : model.weights()) {
    originals.push_back(*weight);
  }
}

AMPSFT_HEADER_INLINE void ModelParts::put_back() {
  const auto weights = model.weights();
  for (std::size_t i = 0; i < originals.size(); ++i) {
    *weights[i] = originals[i];
  }
  originals.clear();
  adapter = {};
  freeze(model.parameters());
  weights_changed();
}

AMPSFT_HEADER_INLINE WeightList<float> ModelParts::base_weights() {
  WeightList<float> weights = model.weights();
  for (std::size_t i = 0; i < originals.size(); ++i) {
    weights[i] = &originals[i];
  }
  return weights;
}

AMPSFT_HEADER_INLINE void ModelParts::warn(const std::string& line) const {
  if (options.on_warning) {
    options.on_warning(line);
  } else {
    std::fprintf(stderr, "warning: %s\n", line.c_str());
  }
}

AMPSFT_HEADER_INLINE std::string ModelParts::base_hash() {
  const std::lock_guard lock(base_lock);
  if (base.empty()) {
    base = ampsft::base_hash(base_weights());
  }
  return base;
}

AMPSFT_HEADER_INLINE void ModelParts::base_changed() {
  const std::lock_guard lock(base_lock);
  base.clear();
  trained = true;
}

AMPSFT_HEADER_INLINE void ModelParts::require_base(const Adapter& one) {
  const std::string& wanted = std::visit([](const auto& any) -> const std::string& { return any.base; }, one.content());
  require(wanted.empty() || wanted == base_hash(), "the adapter belongs to a base whose weights have the hash ", wanted,
          ", but this model's have ", base_hash(), "; load it onto the model that it was trained on");
}

AMPSFT_HEADER_INLINE void ModelParts::attach(Adapter next) {
  const Adapter::Content& content = next.content();
  detach();
  require_base(next);
  keep_originals();
  try {
    if (const auto* scores = std::get_if<ScoreAdapter<float>>(&content)) {
      attach_scores_of(*scores, model.weights());
    } else {
      attach_factors(std::get<LoraAdapter<float>>(content).factors, model.weights());
    }
  } catch (...) {
    originals.clear();
    throw;
  }
  freeze(model.parameters());
  adapter = std::move(next);
  weights_changed();
  warn_of_template(adapter);
}

AMPSFT_HEADER_INLINE void ModelParts::warn_of_template(const Adapter& one) const {
  const std::string trained_with = one.chat_template();
  const std::string_view now = chat_template_name(chat.kind());
  if (!trained_with.empty() && trained_with != now) {
    warn(concat("the adapter was trained with the chat template ", trained_with, ", but the model is used with ", now));
  }
}

AMPSFT_HEADER_INLINE void ModelParts::detach() {
  unmerge();
  if (!adapter.empty()) {
    put_back();
  }
}

AMPSFT_HEADER_INLINE void ModelParts::merge() {
  if (adapter.empty() || merged) {
    return;
  }
  merged.emplace(model.weights());
  freeze(model.parameters());
  weights_changed();
}

AMPSFT_HEADER_INLINE void ModelParts::unmerge() {
  if (merged) {
    merged->unmerge();
    merged.reset();
    weights_changed();
  }
}

AMPSFT_HEADER_INLINE void ModelParts::save(const std::filesystem::path& folder, std::optional<DType> dtype,
                                           const OnTensors& on_tensors, const std::filesystem::path& source) {
  std::error_code ignored;
  const bool from_folder = std::filesystem::is_directory(path, ignored);
  if (source.empty() && !from_folder) {
    export_gguf_model(folder, path, model, dtype.value_or(DType::f32), on_tensors);
    return;
  }
  const std::filesystem::path& like = source.empty() ? path : source;
  if (trained) {  // gains and biases too
    export_folder_model(folder, like, model, text.config, dtype, on_tensors);
  } else {
    export_merged(folder, like, model.weights(), text.config, dtype, on_tensors);
  }
}

AMPSFT_HEADER_INLINE void ModelParts::require_finite_loss(const Evaluation& found) {
  if (!found.stopped && !std::isfinite(found.loss)) {
    require_finite(base_weights(), model.parameters());  // names the weight
    fail("evaluate: the loss is ", found.loss, ": the model overflows on these records");
  }
}

AMPSFT_HEADER_INLINE std::string ModelParts::text_side() const {
  Checksum checksum;
  for (Index id = 0; id < text.tokenizer.vocabulary_size(); ++id) {
    const std::string& token = text.tokenizer.token(static_cast<std::int32_t>(id));
    const std::uint64_t size = token.size();
    checksum.update(std::as_bytes(std::span(&size, 1)));
    checksum.update(std::as_bytes(std::span(token)));
  }
  return concat(chat_template_name(chat.kind()), " ", hash_text(checksum.value()), " ", chat.default_system());
}

}  // namespace detail

AMPSFT_HEADER_INLINE LanguageModel::LanguageModel(std::shared_ptr<detail::ModelParts> parts) noexcept
    : parts_(std::move(parts)) {}
AMPSFT_HEADER_INLINE LanguageModel::LanguageModel(LanguageModel&&) noexcept = default;
AMPSFT_HEADER_INLINE LanguageModel& LanguageModel::operator=(LanguageModel&&) noexcept = default;
AMPSFT_HEADER_INLINE LanguageModel::~LanguageModel() = default;

AMPSFT_HEADER_INLINE LanguageModel LanguageModel::load(const std::filesystem::path& path,
                                                       const LanguageModelOptions& options) {
  return LanguageModel(std::make_shared<detail::ModelParts>(path, options));
}

AMPSFT_HEADER_INLINE const std::filesystem::path& LanguageModel::path() const noexcept {
  return parts_->path;
}
AMPSFT_HEADER_INLINE const ModelConfig& LanguageModel::config() const noexcept {
  return parts_->text.config;
}
AMPSFT_HEADER_INLINE const PretrainedTokenizer& LanguageModel::tokenizer() const noexcept {
  return parts_->text.tokenizer;
}
AMPSFT_HEADER_INLINE const ChatTemplate& LanguageModel::chat_template() const noexcept {
  return parts_->chat;
}
AMPSFT_HEADER_INLINE Transformer<float>& LanguageModel::transformer() noexcept {
  return parts_->model;
}
AMPSFT_HEADER_INLINE const Adapter& LanguageModel::adapter() const noexcept {
  return parts_->adapter;
}
AMPSFT_HEADER_INLINE std::string LanguageModel::base_hash() const {
  return parts_->base_hash();
}

AMPSFT_HEADER_INLINE std::vector<std::int32_t> LanguageModel::tokenize(std::string_view text) const {
  return parts_->text.tokenizer.encode(text);
}
AMPSFT_HEADER_INLINE std::string LanguageModel::detokenize(std::span<const std::int32_t> ids) const {
  return parts_->text.tokenizer.decode(ids, true);
}

namespace detail {

/// How chats are written, and who says so.
inline std::string template_line(const ModelParts& parts) {
  return concat("Chats are written as ", chat_template_name(parts.chat.kind()),
                !parts.options.chat_template.empty() ? ", as asked for\n"
                : parts.text.jinja                   ? ", recognized from the model's own template\n"
                                                     : ", for the model has no template\n");
}

}  // namespace detail

AMPSFT_HEADER_INLINE Dataset LanguageModel::dataset(const std::vector<std::filesystem::path>& files,
                                                    const DatasetOptions& options) const {
  options.validate();
  require(!files.empty(), "dataset: no file is given");
  const Index context = std::min(options.context, parts_->text.config.context);
  const auto encode = [&](const std::vector<std::filesystem::path>& paths) {
    std::vector<detail::EncodedFile> encoded;
    for (const auto& path : paths) {
      encoded.push_back(detail::encode_file(path, parts_->chat, options, context));
      detail::require_token_rows(encoded.back().records, path.string(), tokenizer(), config().vocabulary);
    }
    return encoded;
  };
  auto training = encode(files);
  return detail::make_dataset(std::move(training), encode(options.validation_files), options, context,
                              parts_->text_side(), detail::template_line(*parts_));
}

AMPSFT_HEADER_INLINE Dataset LanguageModel::dataset(const std::vector<TextRecord>& records,
                                                    const DatasetOptions& options) const {
  options.validate();
  const Index context = std::min(options.context, parts_->text.config.context);
  std::vector<detail::EncodedFile> training;
  training.push_back(detail::encode_given(records, "the given records", parts_->chat, options, context));
  detail::require_token_rows(training.back().records, "the given records", tokenizer(), config().vocabulary);
  std::vector<detail::EncodedFile> validation;
  for (const auto& path : options.validation_files) {
    validation.push_back(detail::encode_file(path, parts_->chat, options, context));
    detail::require_token_rows(validation.back().records, path.string(), tokenizer(), config().vocabulary);
  }
  return detail::make_dataset(std::move(training), std::move(validation), options, context, parts_->text_side(),
                              detail::template_line(*parts_));
}

AMPSFT_HEADER_INLINE Evaluation LanguageModel::evaluate(const Dataset& data, const EvaluateOptions& options) const {
  require(data.text_side() == parts_->text_side(),
          "evaluate: the dataset was made by a model with another tokenizer or ", "chat template");
  const Evaluation found =
      ampsft::evaluate(parts_->model, data.validation() != nullptr ? *data.validation() : data.training(), options);
  parts_->require_finite_loss(found);
  return found;
}

AMPSFT_HEADER_INLINE Adapter LanguageModel::load_adapter(const std::filesystem::path& path) const {
  std::error_code ignored;
  Adapter::Content content = ScoreAdapter<float>{};
  if (std::filesystem::is_directory(path, ignored)) {
    content = load_lora<float>(path, parts_->text.config);
  } else {
    content = ampsft::load_adapter<float>(path);
  }
  Adapter adapter(std::move(content), parts_->text.config, parts_->path.string(), DType::f32);
  try {
    parts_->require_base(adapter);
  } catch (const Error& error) {
    fail(path, ": ", error.what());
  }
  return adapter;
}

AMPSFT_HEADER_INLINE void LanguageModel::attach(const Adapter& adapter) {
  parts_->attach(adapter);
}
AMPSFT_HEADER_INLINE void LanguageModel::merge() {
  parts_->merge();
}
AMPSFT_HEADER_INLINE void LanguageModel::detach() {
  parts_->detach();
}
AMPSFT_HEADER_INLINE void LanguageModel::save(const std::filesystem::path& folder, std::optional<DType> dtype,
                                              const OnTensors& on_tensors, const std::filesystem::path& source) const {
  parts_->save(folder, dtype, on_tensors, source);
}

AMPSFT_HEADER_INLINE Projection LanguageModel::project(const Adapter& adapter, const ProjectOptions& options) const {
  parts_->require_base(adapter);
  require(!parts_->merged, "project: the model's adapter is merged into its weights; detach it first");
  BasisSet<float> bases;
  if (options.basis.empty()) {
    const auto weights = parts_->model.weights();
    Index rows = 0;
    for (const auto* weight : weights) {
      rows += weight->rows();
    }
    std::atomic<Index> read = 0;
    SvdOptions fitting{.rank = options.rank};
    if (options.on_rows) {
      fitting.on_rows = [&](Index count) { options.on_rows(read += count, rows); };
    }
    bases = fit_bases(weights, fitting);
  } else {
    bases = load_basis_set<float>(options.basis);
  }
  auto projected = project_factors(adapter.factors(), bases, parts_->base_hash());
  Projection result{.adapter = {}, .energies = projected.energies, .total = projected.total()};
  auto& training = projected.adapter.training;
  training["imported"] = adapter.method() == "lora" ? "LoRA" : "scores";
  training["lost_energy"] = result.total.share();
  if (const std::string trained_with = adapter.chat_template(); !trained_with.empty()) {
    training["chat_template"] = trained_with;
  }
  result.adapter = Adapter(std::move(projected.adapter), parts_->text.config, parts_->path.string(), DType::f32);
  return result;
}

}  // namespace ampsft

#include <ampsft/finetune/detail/conversation_inl.hpp>
#include <ampsft/finetune/detail/evaluate_adapters_inl.hpp>
