// SPDX-License-Identifier: MIT
/// @file
/// Bodies of merged_export.hpp.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/io/writable.hpp>
#include <ampsft/model/huggingface_config.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ampsft::detail {

/// Whether a file says how a model is used: no weights, nothing that the export writes itself, nothing huge.
inline bool is_companion(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 11> weights{".safetensors", ".bin",  ".pt", ".pth", ".gguf", ".h5",
                                                     ".msgpack",     ".onnx", ".ot", ".npz", ".ckpt"};
  constexpr std::uintmax_t most = std::uintmax_t{64} << 20U;
  const std::string name = file.filename().string();
  std::error_code error;
  return std::filesystem::is_regular_file(file, error) && std::filesystem::file_size(file, error) <= most &&
         std::find(weights.begin(), weights.end(), file.extension().string()) == weights.end() &&
         name != "config.json" && !name.ends_with(".index.json") && !name.starts_with('.');
}

AMPSFT_HEADER_INLINE void require_no_adapter(const std::filesystem::path& folder) {
  std::error_code ignored;
  require(
      !std::filesystem::exists(folder / "adapter_config.json", ignored), folder,
      " holds an adapter (adapter_config.json), as which transformers would load it; write the model into a folder of ",
      "its own");
}

AMPSFT_HEADER_INLINE void copy_companions(const std::filesystem::path& from, const std::filesystem::path& to) {
  namespace fs = std::filesystem;
  const auto copy_files = [](const fs::path& source, const fs::path& target) {
    for (const auto& entry : fs::directory_iterator(source)) {
      if (is_companion(entry.path())) {
        write_text(target / entry.path().filename(), read_text(entry.path()));
      }
    }
  };
  copy_files(from, to);
  const char* const templates = "additional_chat_templates";  // transformers' name for a folder of them
  std::error_code error;
  if (fs::is_directory(from / templates, error)) {
    make_folders(to / templates);
    copy_files(from / templates, to / templates);
  }
}

AMPSFT_HEADER_INLINE std::string merged_config(const std::filesystem::path& from, std::optional<DType> dtype,
                                               bool unties) {
  constexpr int depth = 16;
  nlohmann::json json = parse_json(read_text(from / "config.json"), concat(from / "config.json"), depth);
  if (unties) {
    json["tie_word_embeddings"] = false;
  }
  if (dtype) {
    const bool renamed = json.contains("dtype");
    if (renamed) {
      json["dtype"] = torch_dtype(*dtype);
    }
    if (!renamed || json.contains("torch_dtype")) {
      json["torch_dtype"] = torch_dtype(*dtype);
    }
  }
  return json_text(json, 2) + "\n";
}

template <Scalar T>
void put_part(Matrix<T> values, const TensorSource& source, const ModelConfig& config, Matrix<T>& target) {
  const Index heads = paired_heads(source.name, config);
  if (source.offset != 0) {
    map(values).array() -= static_cast<T>(source.offset);
  }
  const bool repairs = heads > 0 && config.pairing() != RopePairing::halves;
  if (source.shape.size() == 1) {
    if (repairs) {
      const Matrix<T> column = repair_rows(make_matrix(map(values).transpose()), heads, RopePairing::halves);
      values = make_matrix(map(column).transpose());
    }
    map(target).middleCols(source.first, cols(values)) = map(values);
    return;
  }
  if (repairs) {
    values = repair_rows(values, heads, RopePairing::halves);
  }
  if (source.transposed) {
    map(target).middleCols(source.first, rows(values)) = map(values).transpose();
  } else {
    map(target).middleRows(source.first, rows(values)) = map(values);
  }
}

template <Scalar T>
void put_weight(const Weight<T>& weight, const TensorSource& source, const ModelConfig& config, Matrix<T>& values) {
  Matrix<T> merged = weight.materialize();
  require(source.shape == std::vector<Index>{rows(merged), cols(merged)}, weight.name(), " is ", rows(merged), " x ",
          cols(merged), ", but the folder's is ", shape_text(source.shape));
  put_part(std::move(merged), source, config, values);
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
void export_merged(const std::filesystem::path& to, const std::filesystem::path& from, const WeightList<T>& weights,
                   const ModelConfig& config, std::optional<DType> dtype, const OnTensors& on_tensors) {
  namespace fs = std::filesystem;
  std::error_code error;
  require(!fs::equivalent(from, to, error), "the merged model must get a folder of its own, not ", from);
  detail::require_no_adapter(to);
  require_writable(to / "model.safetensors");
  const ModelTensors tensors = open_folder_tensors(from);
  const auto sources = find_tensors(config, tensors);
  std::map<std::string, Matrix<T>> changed;
  bool unties = false;
  const auto weight_named = [&](const std::string& name) {
    const auto found = std::find_if(weights.begin(), weights.end(), [&](auto* w) { return w->name() == name; });
    return found == weights.end() ? nullptr : *found;
  };
  const auto size_of = [](const Weight<T>& weight) { return static_cast<double>(weight.rows() * weight.cols()); };
  double size = 0.0;
  for (const auto* weight : weights) {
    size += size_of(*weight);
  }
  detail::TensorMeter merged("merged", static_cast<Index>(weights.size()), size, on_tensors);
  for (const auto* weight : weights) {
    const auto source =
        std::find_if(sources.begin(), sources.end(), [&](const auto& s) { return s.name == weight->name(); });
    if (source != sources.end()) {
      auto [entry, is_new] = changed.try_emplace(source->source);
      if (is_new) {
        entry->second = tensors.file(source->source).template read_matrix<T>(source->source);
      }
      detail::put_weight(*weight, *source, config, entry->second);
    } else {
      require(config.tied_head && weight->name() == "lm_head.weight", "the folder ", from, " has no tensor for ",
              weight->name());
      const auto* embedding = weight_named("token_embedding.weight");
      if (embedding == nullptr || !weight->is_tied_to(*embedding)) {
        changed.emplace("lm_head.weight", weight->materialize());
        unties = true;
      }
    }
    merged.add(size_of(*weight));
    merged.finish();
  }
  SafetensorsWriter writer;
  writer.set_metadata("format", "pt");
  for (const auto& [name, values] : changed) {
    const std::string& stored =
        tensors.contains(name) ? name : sources.front().source;  // an untied head: as the embedding
    writer.add(name, dtype.value_or(tensors.info(stored).dtype), {rows(values), cols(values)}, values);
  }
  std::deque<Matrix<T>> converted;  // the writer keeps views
  for (const auto& name : tensors.names()) {
    const bool stale = config.tied_head && name == "lm_head.weight";  // some files hold the tied matrix twice
    if (changed.contains(name) || stale) {
      continue;
    }
    const TensorInfo stored = tensors.info(name);
    if (!dtype || stored.dtype == *dtype || stored.dtype == DType::i64) {
      writer.add_stored(name, stored);
    } else {
      auto& values = converted.emplace_back(make_matrix<T>(1, detail::checked_size(stored.shape, name)));
      tensors.file(name).read_into(name, std::span(stored.shape), values.data());
      writer.add(name, *dtype, stored.shape, values);
    }
  }
  AtomicFolder made(to);
  writer.write(made.path() / "model.safetensors", on_tensors);
  write_text(made.path() / "config.json", detail::merged_config(from, dtype, unties));
  detail::copy_companions(from, made.path());
  made.commit();
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(void put_part(Matrix<float> values, const TensorSource& source, const ModelConfig& config,
                              Matrix<float>& target));
AMPSFT_INSTANCE(void put_part(Matrix<double> values, const TensorSource& source, const ModelConfig& config,
                              Matrix<double>& target));
AMPSFT_INSTANCE(void put_weight(const Weight<float>& weight, const TensorSource& source, const ModelConfig& config,
                                Matrix<float>& values));
AMPSFT_INSTANCE(void put_weight(const Weight<double>& weight, const TensorSource& source, const ModelConfig& config,
                                Matrix<double>& values));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(void export_merged(const std::filesystem::path& to, const std::filesystem::path& from,
                                   const WeightList<float>& weights, const ModelConfig& config,
                                   std::optional<DType> dtype, const OnTensors& on_tensors));

AMPSFT_INSTANCE(void export_merged(const std::filesystem::path& to, const std::filesystem::path& from,
                                   const WeightList<double>& weights, const ModelConfig& config,
                                   std::optional<DType> dtype, const OnTensors& on_tensors));

}  // namespace ampsft
