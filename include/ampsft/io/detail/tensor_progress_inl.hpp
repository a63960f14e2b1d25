// SPDX-License-Identifier: MIT
/// @file
/// Bodies of tensor_progress.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/tensor_progress.hpp>

#include <functional>
#include <string_view>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void TensorMeter::add(double size) {
  passed_ += size;
  report();
}

AMPSFT_HEADER_INLINE void TensorMeter::finish() {
  ++progress_.done;
  report();
}

AMPSFT_HEADER_INLINE void TensorMeter::report() {
  if (*on_tensors_) {
    progress_.share = size_ > 0.0 ? passed_ / size_ : 1.0;
    (*on_tensors_)(progress_);
  }
}

}  // namespace ampsft::detail
