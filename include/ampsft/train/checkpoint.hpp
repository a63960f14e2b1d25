// SPDX-License-Identifier: MIT
/// @file
/// All that a killed training run needs to go on as if nothing had happened.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/train/optimizer.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// The loss on held-out text after some number of steps.
struct ValidationPoint {
  Index step = 0;
  double loss = 0.0;
};

/// The state of a run besides its matrices.
struct TrainingState {
  Index step = 0;              ///< updates done
  double seconds = 0.0;        ///< spent training, evaluation not counted
  Random sampler{0};           ///< chooses the batches
  Random dropout{0};           ///< of the model
  std::vector<double> losses;  ///< one an update
  double gradient_norm = 0.0;  ///< of the last update
  std::vector<ValidationPoint> validation;
};

namespace detail {

inline constexpr int checkpoint_version = 1;

/// Every matrix of a run by its name in the file; `best` (one matrix a parameter, or none) the best weights so far.
template <Scalar T, class O>
std::vector<OptimizerState<T>> checkpoint_matrices(const ParameterList<T>& parameters, O& optimizer,
                                                   std::vector<Matrix<T>>& best) {
  std::vector<OptimizerState<T>> list;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    list.push_back({"parameter/" + parameters[i]->name, &parameters[i]->value});
    if (!best.empty()) {
      list.push_back({"best/" + parameters[i]->name, &best[i]});
    }
  }
  for (auto& [name, value] : optimizer.state(parameters)) {
    list.push_back({"optimizer/" + name, value});
  }
  return list;
}

}  // namespace detail

/// Writes a checkpoint atomically: a kill or a full disk leaves the one before.
///
/// `parameters` are the trainable ones; `run` describes the run, so that another one does not go on from it; `best` is
/// empty or holds the best weights so far, one matrix a parameter. Throws `Error` if the file cannot be written.
template <Scalar T, Optimizer<T> O>
void save_checkpoint(const std::filesystem::path& path, const ParameterList<T>& parameters, O& optimizer,
                     std::vector<Matrix<T>>& best, const TrainingState& state, const std::string& run) {
  nlohmann::json json;
  json["version"] = detail::checkpoint_version;
  json["run"] = run;
  json["step"] = state.step;
  json["optimizer_steps"] = optimizer.steps();
  json["seconds"] = state.seconds;
  json["sampler"] = state.sampler.state();
  json["dropout"] = state.dropout.state();
  json["losses"] = state.losses;
  json["gradient_norm"] = state.gradient_norm;
  json["validation"] = nlohmann::json::array();
  for (const auto& point : state.validation) {
    json["validation"].push_back({point.step, point.loss});
  }
  SafetensorsWriter writer;
  writer.set_metadata("ampsft.checkpoint", json_text(json));
  for (const auto& [name, value] : detail::checkpoint_matrices(parameters, optimizer, best)) {
    writer.add(name, *value);
  }
  writer.write(path);
}

/// Reads a checkpoint into the parameters, the optimiser and `best`, and returns the rest of the state.
///
/// Everything is checked before anything is changed. Throws `Error` if the file is no checkpoint, is truncated or
/// corrupted, or belongs to another run (`run`, names or shapes differ).
template <Scalar T, Optimizer<T> O>
[[nodiscard]] TrainingState load_checkpoint(const std::filesystem::path& path, const ParameterList<T>& parameters,
                                            O& optimizer, std::vector<Matrix<T>>& best, const std::string& run) {
  const SafetensorsFile file(path);
  require(file.verify_checksum() && file.metadata().contains("ampsft.checkpoint"), path,
          " is not a checkpoint of a training run");
  TrainingState state;
  Index optimizer_steps = 0;
  try {
    const auto json = parse_json(file.metadata().at("ampsft.checkpoint"), concat(path, ": its state"), 4);
    require(json.at("version") == detail::checkpoint_version, path, " is a checkpoint of version ",
            json_text(json.at("version")), ", but this program reads version ", detail::checkpoint_version);
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
    optimizer_steps = json.at("optimizer_steps");
  } catch (const nlohmann::json::exception& error) {
    fail(path, ": the state in the checkpoint cannot be read (", error.what(), ")");
  }
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
  const auto matrices = detail::checkpoint_matrices(parameters, optimizer, best);
  for (const auto& [name, value] : matrices) {
    const auto info = file.info(name);
    require(info.shape == std::vector<Index>{rows(*value), cols(*value)} && info.dtype == dtype_of<T>, path,
            " holds another shape or type for ", name, " than this run needs");
  }
  for (const auto& [name, value] : matrices) {
    file.read_into(name, *value);
  }
  optimizer.set_steps(optimizer_steps);
  return state;
}

}  // namespace ampsft
