// SPDX-License-Identifier: MIT
/// @file
/// How checkpoints are written and read.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/train/checkpoint.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace ampsft::detail {

inline constexpr int checkpoint_version = 1;

AMPSFT_HEADER_INLINE std::string checkpoint_text(const CheckpointHead& head, const std::string& run) {
  const TrainingState& state = head.state;
  nlohmann::json json;
  json["version"] = checkpoint_version;
  json["run"] = run;
  json["step"] = state.step;
  json["optimizer_steps"] = head.optimizer_steps;
  json["seconds"] = state.seconds;
  json["sampler"] = state.sampler.state();
  json["dropout"] = state.dropout.state();
  json["losses"] = state.losses;
  json["gradient_norm"] = state.gradient_norm;
  json["validation"] = nlohmann::json::array();
  for (const auto& point : state.validation) {
    json["validation"].push_back({point.step, point.loss});
  }
  return json_text(json);
}

AMPSFT_HEADER_INLINE CheckpointHead read_checkpoint_head(const SafetensorsFile& file, const std::string& run) {
  const std::filesystem::path& path = file.path();
  require(file.verify_checksum() && file.metadata().contains("ampsft.checkpoint"), path,
          " is not a checkpoint of a training run");
  CheckpointHead head;
  TrainingState& state = head.state;
  try {
    const auto json = parse_json(file.metadata().at("ampsft.checkpoint"), concat(path, ": its state"), 4);
    require(json.at("version") == checkpoint_version, path, " is a checkpoint of version ",
            json_text(json.at("version")), ", but this program reads version ", checkpoint_version);
    require(json.at("run") == run, path,
            " belongs to another run; delete it, or choose another folder. It was: ", json_text(json.at("run")),
            "; now: \"", run, "\"");
    state.step = json.at("step");
    state.seconds = json.at("seconds");
    state.sampler = Random(json.at("sampler").get<Random::State>());
    state.dropout = Random(json.at("dropout").get<Random::State>());
    state.losses = json.at("losses").get<std::vector<double>>();
    state.gradient_norm = json.value("gradient_norm", 0.0);  // earlier files have none
    for (const auto& point : json.at("validation")) {
      state.validation.push_back({point.at(0), point.at(1)});
    }
    head.optimizer_steps = json.at("optimizer_steps");
  } catch (const nlohmann::json::exception& error) {
    fail(path, ": the state in the checkpoint cannot be read (", error.what(), ")");
  }
  return head;
}

template <Scalar T>
std::vector<OptimizerState<T>> checkpoint_matrices(const ParameterList<T>& parameters,
                                                   const std::vector<OptimizerState<T>>& optimizer,
                                                   std::vector<Matrix<T>>& best) {
  std::vector<OptimizerState<T>> list;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    list.push_back({"parameter/" + parameters[i]->name, &parameters[i]->value});
    if (!best.empty()) {
      list.push_back({"best/" + parameters[i]->name, &best[i]});
    }
  }
  for (const auto& [name, value] : optimizer) {
    list.push_back({"optimizer/" + name, value});
  }
  return list;
}

template <Scalar T>
void write_checkpoint(const std::filesystem::path& path, const std::string& head,
                      const std::vector<OptimizerState<T>>& matrices) {
  SafetensorsWriter writer;
  writer.set_metadata("ampsft.checkpoint", head);
  for (const auto& [name, value] : matrices) {
    writer.add(name, *value);
  }
  writer.write(path);
}

template <Scalar T>
void make_best(const SafetensorsFile& file, const TrainingState& state, const ParameterList<T>& parameters,
               std::vector<Matrix<T>>& best) {
  const std::filesystem::path& path = file.path();
  best.clear();
  for (const auto* parameter : parameters) {
    if (file.contains("best/" + parameter->name)) {
      best.push_back(make_matrix<T>(rows(parameter->value), cols(parameter->value)));
    }
  }
  require(best.empty() || best.size() == parameters.size(), path, " holds the best weights of some parameters only");
  require(static_cast<Index>(state.losses.size()) == state.step && (best.empty() || !state.validation.empty()), path,
          " contradicts itself: ", state.losses.size(), " losses after ", state.step, " steps, ",
          state.validation.size(), " evaluations", best.empty() ? "" : " and the weights of the best");
}

template <Scalar T>
void read_checkpoint_matrices(const SafetensorsFile& file, const std::vector<OptimizerState<T>>& matrices) {
  for (const auto& [name, value] : matrices) {
    const auto info = file.info(name);
    require(info.shape == std::vector<Index>{rows(*value), cols(*value)} && info.dtype == dtype_of<T>, file.path(),
            " holds another shape or type for ", name, " than this run needs");
  }
  for (const auto& [name, value] : matrices) {
    file.read_into(name, *value);
  }
}

AMPSFT_INSTANCE(std::vector<OptimizerState<float>> checkpoint_matrices(const ParameterList<float>&,
                                                                       const std::vector<OptimizerState<float>>&,
                                                                       std::vector<Matrix<float>>&));
AMPSFT_INSTANCE(std::vector<OptimizerState<double>> checkpoint_matrices(const ParameterList<double>&,
                                                                        const std::vector<OptimizerState<double>>&,
                                                                        std::vector<Matrix<double>>&));
AMPSFT_INSTANCE(void write_checkpoint(const std::filesystem::path&, const std::string&,
                                      const std::vector<OptimizerState<float>>&));
AMPSFT_INSTANCE(void write_checkpoint(const std::filesystem::path&, const std::string&,
                                      const std::vector<OptimizerState<double>>&));
AMPSFT_INSTANCE(void make_best(const SafetensorsFile&, const TrainingState&, const ParameterList<float>&,
                               std::vector<Matrix<float>>&));
AMPSFT_INSTANCE(void make_best(const SafetensorsFile&, const TrainingState&, const ParameterList<double>&,
                               std::vector<Matrix<double>>&));
AMPSFT_INSTANCE(void read_checkpoint_matrices(const SafetensorsFile&, const std::vector<OptimizerState<float>>&));
AMPSFT_INSTANCE(void read_checkpoint_matrices(const SafetensorsFile&, const std::vector<OptimizerState<double>>&));

}  // namespace ampsft::detail
