// SPDX-License-Identifier: MIT
/// @file
/// All that a killed training run needs to go on as if nothing had happened.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
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

/// What stands in a checkpoint beside its matrices.
struct CheckpointHead {
  TrainingState state;
  Index optimizer_steps = 0;
};

/// The head as text of the metadata; `run` describes the run.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string checkpoint_text(const CheckpointHead& head, const std::string& run);

/// Throws `Error` if the file is no checkpoint or one of another run.
[[nodiscard]] AMPSFT_HEADER_INLINE CheckpointHead read_checkpoint_head(const SafetensorsFile& file,
                                                                       const std::string& run);

/// Every matrix of a run by its name in the file: the parameters, `best` (one matrix a parameter, or none) the best
/// weights so far, and what the optimizer holds.
template <Scalar T>
[[nodiscard]] std::vector<OptimizerState<T>> checkpoint_matrices(const ParameterList<T>& parameters,
                                                                 const std::vector<OptimizerState<T>>& optimizer,
                                                                 std::vector<Matrix<T>>& best);

template <Scalar T>
void write_checkpoint(const std::filesystem::path& path, const std::string& head,
                      const std::vector<OptimizerState<T>>& matrices);

/// Makes `best` for the best weights that the file holds; throws `Error` if it contradicts the state.
template <Scalar T>
void make_best(const SafetensorsFile& file, const TrainingState& state, const ParameterList<T>& parameters,
               std::vector<Matrix<T>>& best);

/// Throws `Error` unless the file holds all of them, in their shapes and in `T`; only then is any of them read.
template <Scalar T>
void read_checkpoint_matrices(const SafetensorsFile& file, const std::vector<OptimizerState<T>>& matrices);

}  // namespace detail

/// Writes a checkpoint atomically: a kill or a full disk leaves the one before.
///
/// `parameters` are the trainable ones; `run` describes the run, so that another one does not go on from it; `best` is
/// empty or holds the best weights so far, one matrix a parameter. Throws `Error` if the file cannot be written.
template <Scalar T, Optimizer<T> O>
void save_checkpoint(const std::filesystem::path& path, const ParameterList<T>& parameters, O& optimizer,
                     std::vector<Matrix<T>>& best, const TrainingState& state, const std::string& run) {
  detail::write_checkpoint<T>(path, detail::checkpoint_text({state, optimizer.steps()}, run),
                              detail::checkpoint_matrices<T>(parameters, optimizer.state(parameters), best));
}

/// Reads a checkpoint into the parameters, the optimiser and `best`, and returns the rest of the state.
///
/// Everything is checked before anything is changed. Throws `Error` if the file is no checkpoint, is truncated or
/// corrupted, or belongs to another run (`run`, names or shapes differ).
template <Scalar T, Optimizer<T> O>
[[nodiscard]] TrainingState load_checkpoint(const std::filesystem::path& path, const ParameterList<T>& parameters,
                                            O& optimizer, std::vector<Matrix<T>>& best, const std::string& run) {
  const SafetensorsFile file(path);
  detail::CheckpointHead head = detail::read_checkpoint_head(file, run);
  detail::make_best<T>(file, head.state, parameters, best);
  detail::read_checkpoint_matrices<T>(file,
                                      detail::checkpoint_matrices<T>(parameters, optimizer.state(parameters), best));
  optimizer.set_steps(head.optimizer_steps);
  return std::move(head.state);
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/checkpoint_inl.hpp>
#endif
