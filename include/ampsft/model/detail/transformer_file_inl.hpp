// SPDX-License-Identifier: MIT
/// @file
/// Bodies of transformer_file.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/model/config_json.hpp>
#include <ampsft/model/parameter_file.hpp>
#include <ampsft/model/parameter_shapes.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/model/transformer_file.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

template <Scalar T>
void save_transformer(const std::filesystem::path& path, Transformer<T>& model) {
  for (const auto* weight : model.weights()) {
    require(weight->own_parameter() != nullptr, weight->name(), " is parameterised as ", weight->kind(),
            "; only a dense model can be saved whole", weight->is_adapted() ? ", so merge it first" : "");
  }
  save_parameters(path, model.parameters(),
                  {{"format", "pt"}, {"ampsft.transformer", json_text(config_json(model.config()))}});
}

template <Scalar T>
Transformer<T> load_transformer(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const auto text = file.metadata().find("ampsft.transformer");
  require(text != file.metadata().end(), path, " holds no config of a transformer in its metadata");
  const std::string source = concat(path, ": its config");
  constexpr int depth = 6;
  const ModelConfig config = read_config_json(parse_json(text->second, source, depth), source);
  config.validate(source);
  const auto holds = [&](const std::string& name, const std::vector<Index>& shape) {
    require(file.contains(name) && file.info(name).shape == shape, path,
            ": its config does not fit its tensors; it needs ", name, " of ", detail::shape_text(shape));
  };
  // stops at the first that is missing
  for_each_parameter(config.completed(), [&](Index layer, std::string_view stem, std::string_view suffix,
                                             const std::vector<Index>& shape) {
    holds(layer >= 0 ? concat("blocks.", layer, '.', stem, '.', suffix) : concat(stem, '.', suffix), shape);
  });
  Transformer<T> model(config);
  load_parameters(file, model.parameters());
  return model;
}

AMPSFT_INSTANCE(void save_transformer(const std::filesystem::path&, Transformer<float>&));
AMPSFT_INSTANCE(void save_transformer(const std::filesystem::path&, Transformer<double>&));
AMPSFT_INSTANCE(Transformer<float> load_transformer(const std::filesystem::path&));
AMPSFT_INSTANCE(Transformer<double> load_transformer(const std::filesystem::path&));

}  // namespace ampsft
