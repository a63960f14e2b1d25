// SPDX-License-Identifier: MIT
/// @file
/// Checks that ranks which train together hold the same; over one rank they do nothing.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/train/communicator.hpp>

#include <array>
#include <span>
#include <string>

namespace ampsft::detail {

template <Scalar T>
void add_to_checksum(Checksum& checksum, const Matrix<T>& matrix);

/// A weight that lies in another form, row by row as it is computed with.
template <Scalar T>
void add_rows_to_checksum(Checksum& checksum, const FrozenWeight<T>& weight);

/// Throws `Error` on all ranks unless they run with the same options.
template <Communicator C>
void require_same_run(const C& ranks, const std::string& run) {
  if (ranks.size() > 1) {
    Checksum checksum;
    checksum.update(std::as_bytes(std::span(run)));
    require_same(ranks, checksum.value(), "training: the ranks have different options; give all the same. Here: \"",
                 run, '"');
  }
}

/// Throws `Error` on all ranks unless they begin with the same step and the same model, its frozen matrices included.
template <Communicator C, class Model>
void require_same_start(const C& ranks, Model& model, Index step) {
  if (ranks.size() > 1) {
    require_same(ranks, static_cast<std::uint64_t>(step), "training: this rank begins behind step ", step,
                 ", others elsewhere; put the checkpoint where all ranks can read it");
    Checksum checksum;
    for (const auto* parameter : model.parameters()) {
      add_to_checksum(checksum, parameter->value);
    }
    if constexpr (requires { model.weights(); }) {
      for (const auto* weight : model.weights()) {
        for (const auto& buffer : weight->buffers()) {
          if (buffer.value != nullptr) {
            add_to_checksum(checksum, *buffer.value);
          } else {
            add_rows_to_checksum(checksum, *buffer.other);
          }
        }
      }
    }
    require_same(ranks, checksum.value(),
                 "training: the ranks begin with different models; make or load the same on all");
  }
}

/// Throws `Error` on all ranks unless what they trained is the same, bit for bit.
template <Communicator C, Scalar T>
void require_same_weights(const C& ranks, const ParameterList<T>& trained, Index step) {
  if (ranks.size() > 1) {
    Checksum checksum;
    for (const auto* parameter : trained) {
      add_to_checksum(checksum, parameter->value);
    }
    require_same(ranks, checksum.value(), "training: after step ", step,
                 " the ranks have different weights; use equal ",
                 "processors, or AMPSFT_SIMD to make them use the same instructions");
  }
}

/// Returns when rank 0 has come here.
template <Communicator C>
void wait_for_first(const C& ranks) {
  std::array<std::byte, 1> nothing{};
  ranks.broadcast(nothing);
}

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/replica_inl.hpp>
#endif
