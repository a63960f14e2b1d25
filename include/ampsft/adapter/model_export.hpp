// SPDX-License-Identifier: MIT
/// @file
/// A model as a Hugging Face folder that is made from its own config, for models that came from elsewhere.
#pragma once

#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/model_tensors.hpp>
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

namespace ampsft {

namespace detail {

/// All tensors of a model by the names that a Hugging Face folder gives them.
template <Scalar T>
[[nodiscard]] std::map<std::string, Matrix<T>> huggingface_tensors(Transformer<T>& model, const ModelConfig& config,
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

}  // namespace detail

/// Writes `config.json` and `model.safetensors`, with all tensors as `dtype`, into the folder `to`, which is made if it
/// is not there. `config` is what the model was made of, from a GGUF file or a folder.
///
/// Weights may be parameterised in any way; a head that was tied and has become another matrix is written, and the
/// config says so. Rows of q and k are put in the order of Hugging Face's files. `on_tensors` sees parameters being
/// "merged", then the writer's stages. Throws `Error` as `huggingface_config_json` does, if the config is another
/// model's, and if a file cannot be written. Memory: the weights once, in `T`.
template <Scalar T>
void export_model(const std::filesystem::path& to, Transformer<T>& model, const ModelConfig& config,
                  DType dtype = DType::f32, const OnTensors& on_tensors = nullptr) {
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

/// `export_model` of a model that came from the GGUF file `from`, with the tokenizer, the template of chats and the
/// special tokens of that file as Hugging Face's files. Throws `Error` as `export_model` and
/// `huggingface_tokenizer_files` do, the latter before anything is written.
template <Scalar T>
void export_gguf_model(const std::filesystem::path& to, const std::filesystem::path& from, Transformer<T>& model,
                       DType dtype = DType::f32, const OnTensors& on_tensors = nullptr) {
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

/// `export_model` of a model that came from the Hugging Face folder `from`, gains and biases as they are now, with that
/// folder's tokenizer, template and settings. Without a `dtype` the tensors are stored as that folder's embedding.
/// Throws `Error` as `export_model` does, and if the folder cannot be read.
template <Scalar T>
void export_folder_model(const std::filesystem::path& to, const std::filesystem::path& from, Transformer<T>& model,
                         const ModelConfig& config, std::optional<DType> dtype = {},
                         const OnTensors& on_tensors = nullptr) {
  const auto files = detail::read_companions(from);
  if (!dtype) {
    const ModelTensors tensors(from);
    dtype = tensors.info(tensor_sources(config, TensorNaming::huggingface).front().source).dtype;
  }
  export_model(to, model, config, *dtype, on_tensors);
  for (const auto& [name, text] : files) {
    write_text(to / name, text);
  }
}

}  // namespace ampsft
