// SPDX-License-Identifier: MIT
/// @file
/// Bodies of model_export.hpp.
#pragma once

#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace ampsft::detail {

template <Scalar T>
std::map<std::string, Matrix<T>> huggingface_tensors(Transformer<T>& model, const ModelConfig& config,
                                                     const std::vector<TensorSource>& sources,
                                                     const OnTensors& on_tensors) {
  const auto weights = model.weights();
  const auto parameters = model.parameters();
  const auto values_of = [&](const std::string& name) -> Matrix<T> {
    const auto weight = std::find_if(weights.begin(), weights.end(), [&](auto* w) { return w->name() == name; });
    if (weight != weights.end()) {
      return (*weight)->materialize();
    }
    const auto parameter = std::find_if(parameters.begin(), parameters.end(), [&](auto* p) { return p->name == name; });
    require(parameter != parameters.end(), "the model has no ", name, ", which its config tells of");
    return (*parameter)->value;
  };
  const auto size_of = [](const TensorSource& source) {
    return std::accumulate(source.shape.begin(), source.shape.end(), 1.0, std::multiplies<>());
  };
  double size = 0.0;
  for (const TensorSource& source : sources) {
    size += size_of(source);
  }
  TensorMeter merged("merged", static_cast<Index>(sources.size()), size, on_tensors);
  std::map<std::string, Matrix<T>> tensors;
  for (const TensorSource& source : sources) {
    Matrix<T> values = values_of(source.name);
    const bool vector = source.shape.size() == 1;
    require(source.shape.back() == cols(values) && rows(values) == (vector ? 1 : source.shape.front()), source.name,
            " is ", rows(values), " x ", cols(values), ", but the config tells of ", shape_text(source.shape));
    auto [stored, is_new] = tensors.try_emplace(source.source);
    if (is_new) {
      stored->second = make_matrix<T>(vector ? 1 : source.source_shape.front(), source.source_shape.back());
    }
    put_part(std::move(values), source, config, stored->second);
    merged.add(size_of(source));
    merged.finish();
  }
  return tensors;
}

}  // namespace ampsft::detail

namespace ampsft::detail {

/// Writes config.json and model.safetensors into a folder that is there.
template <Scalar T>
void write_model(const std::filesystem::path& folder, Transformer<T>& model, const ModelConfig& config, DType dtype,
                 const OnTensors& on_tensors) {
  const auto weights = model.weights();
  ModelConfig written = config;
  written.tied_head = config.tied_head && weights.back()->is_tied_to(*weights.front());
  const std::string json = json_text(huggingface_config_json(written, dtype), 2) + "\n";
  const auto sources = tensor_sources(written, TensorNaming::huggingface);
  const auto tensors = detail::huggingface_tensors(model, config, sources, on_tensors);
  SafetensorsWriter writer;
  writer.set_metadata("format", "pt");
  for (const auto& [name, values] : tensors) {
    const auto source =
        std::find_if(sources.begin(), sources.end(), [&, &wanted = name](const auto& s) { return s.source == wanted; });
    writer.add(name, dtype, source->source_shape, values);
  }
  writer.write(folder / "model.safetensors", on_tensors);
  write_text(folder / "config.json", json);
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
void export_model(const std::filesystem::path& to, Transformer<T>& model, const ModelConfig& config, DType dtype,
                  const OnTensors& on_tensors) {
  detail::require_no_adapter(to);
  AtomicFolder made(to);
  detail::write_model(made.path(), model, config, dtype, on_tensors);
  made.commit();
}

template <Scalar T>
void export_folder_model(const std::filesystem::path& to, const std::filesystem::path& from, Transformer<T>& model,
                         const ModelConfig& config, std::optional<DType> dtype, const OnTensors& on_tensors) {
  std::error_code error;
  require(!std::filesystem::equivalent(from, to, error), "the model must get a folder of its own, not ", from);
  if (!dtype) {
    const ModelTensors tensors(from);
    dtype = tensors.info(tensor_sources(config, TensorNaming::huggingface).front().source).dtype;
  }
  detail::require_no_adapter(to);
  AtomicFolder made(to);
  detail::write_model(made.path(), model, config, *dtype, on_tensors);
  detail::copy_companions(from, made.path());
  made.commit();
}

template <Scalar T>
void export_gguf_model(const std::filesystem::path& to, const std::filesystem::path& from, Transformer<T>& model,
                       DType dtype, const OnTensors& on_tensors) {
  const GgufFile file(from);
  const ModelConfig config = read_gguf_config(file);
  const GgufValue* const jinja = file.find("tokenizer.chat_template");
  const PretrainedTokenizerParts parts = read_gguf_tokenizer_parts(file);
  std::map<std::string, std::string> files;
  try {
    files = huggingface_tokenizer_files(parts, {config.context, config.bos, config.eos},
                                        jinja != nullptr ? std::optional(std::string(jinja->text())) : std::nullopt);
  } catch (const Error& error) {
    fail(from, ": ", error.what());
  }
  detail::require_no_adapter(to);
  AtomicFolder made(to);
  detail::write_model(made.path(), model, config, dtype, on_tensors);
  for (const auto& [name, text] : files) {
    write_text(made.path() / name, text);
  }
  made.commit();
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(std::map<std::string, Matrix<float>> huggingface_tensors(Transformer<float>& model,
                                                                         const ModelConfig& config,
                                                                         const std::vector<TensorSource>& sources,
                                                                         const OnTensors& on_tensors));

AMPSFT_INSTANCE(std::map<std::string, Matrix<double>> huggingface_tensors(Transformer<double>& model,
                                                                          const ModelConfig& config,
                                                                          const std::vector<TensorSource>& sources,
                                                                          const OnTensors& on_tensors));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(void export_model(const std::filesystem::path& to, Transformer<float>& model, const ModelConfig& config,
                                  DType dtype, const OnTensors& on_tensors));

AMPSFT_INSTANCE(void export_model(const std::filesystem::path& to, Transformer<double>& model,
                                  const ModelConfig& config, DType dtype, const OnTensors& on_tensors));

AMPSFT_INSTANCE(void export_gguf_model(const std::filesystem::path& to, const std::filesystem::path& from,
                                       Transformer<float>& model, DType dtype, const OnTensors& on_tensors));

AMPSFT_INSTANCE(void export_gguf_model(const std::filesystem::path& to, const std::filesystem::path& from,
                                       Transformer<double>& model, DType dtype, const OnTensors& on_tensors));

AMPSFT_INSTANCE(void export_folder_model(const std::filesystem::path& to, const std::filesystem::path& from,
                                         Transformer<float>& model, const ModelConfig& config,
                                         std::optional<DType> dtype, const OnTensors& on_tensors));

AMPSFT_INSTANCE(void export_folder_model(const std::filesystem::path& to, const std::filesystem::path& from,
                                         Transformer<double>& model, const ModelConfig& config,
                                         std::optional<DType> dtype, const OnTensors& on_tensors));

}  // namespace ampsft
