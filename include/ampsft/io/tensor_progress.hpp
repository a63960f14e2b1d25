// SPDX-License-Identifier: MIT
/// @file
/// How far a job on many tensors has come.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <functional>
#include <string_view>

namespace ampsft {

/// A stage of a job, and how much of it is done.
struct TensorProgress {
  std::string_view stage;  ///< what is being done to the tensors: "merged", "hashed", "written"
  Index done = 0;          ///< so many of them are, completely
  Index all = 0;
  double share = 0.0;  ///< of the stage's bytes; parts of a tensor count
};

/// Sees the progress in the thread that does the job, after each piece of a tensor.
using OnTensors = std::function<void(const TensorProgress&)>;

namespace detail {

/// Counts tensors and their sizes, in any unit, for a callback that may be none and must outlive it.
class TensorMeter {
 public:
  TensorMeter(std::string_view stage, Index all, double size, const OnTensors& on_tensors)
      : progress_{stage, 0, all}, size_(size), on_tensors_(&on_tensors) {}

  /// A part of a tensor is done.
  void add(double size);

  /// A tensor, whose parts were added, is done.
  void finish();

 private:
  void report();

  TensorProgress progress_;
  double size_;
  double passed_ = 0.0;
  const OnTensors* on_tensors_;
};

}  // namespace detail

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/tensor_progress_inl.hpp>
#endif
