// SPDX-License-Identifier: MIT
/// @file
/// Bodies of model_export.hpp.
#pragma once

#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/model_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/writable.hpp>
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

namespace ampsft {

template <Scalar T>
void export_model(const std::filesystem::path& to, Transformer<T>& model, const ModelConfig& config, DType dtype,
                  const OnTensors& on_tensors) {
  const auto weights = model.weights();
  require_writable(to / "model.safetensors");
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
  std::error_code error;
  std::filesystem::create_directories(to, error);
  require(!error, "cannot make the folder ", to, ": ", error.message());
  writer.write(to / "model.safetensors", on_tensors);
  write_text(to / "config.json", json);
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
  export_model(to, model, config, dtype, on_tensors);
  for (const auto& [name, text] : files) {
    write_text(to / name, text);
  }
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

}  // namespace ampsft
