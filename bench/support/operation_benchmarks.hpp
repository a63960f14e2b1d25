// SPDX-License-Identifier: MIT
/// @file
/// The forward and backward passes of one operation of the tape, each timed alone.
///
/// A name is `operation/pass/shape/threads:1`; see support/matrix_benchmarks.hpp for the counters. What a pass must
/// read and write is counted in bytes; the limits are those of an array of that size.
#pragma once

#include <ampsft/autograd/tape.hpp>

#include <functional>
#include <memory>

#include "support/matrix_benchmarks.hpp"

namespace bench {

using Leaves = std::vector<ampsft::Parameter<float>>;
using FloatTape = ampsft::Tape<float>;

/// Floats that a pass reads and writes, and its operations.
inline Work floats(double read, double written, double flops = 0.0) {
  return {written * sizeof(float), read * sizeof(float), flops};
}

/// One operation at one shape.
struct OperationCase {
  std::string name;   ///< `operation`
  std::string shape;  ///< as the name shows it
  std::function<Leaves()> leaves;
  Work forward;
  Work backward;  ///< no work: it has no backward pass
};

/// A trainable leaf of random numbers.
inline ampsft::Parameter<float> random_leaf(Index rows, Index cols) {
  return {"", random_matrix<float>(rows, cols)};
}

/// Times a pass of `make(tape, leaves)`, an operation of which nothing is recorded. Gradients are overwritten.
template <class Make>
void run_operation(benchmark::State& state, const OperationCase& of, const Make& make, bool forward) {
  Leaves leaves = of.leaves();
  FloatTape tape;
  using Operation = decltype(make(tape, leaves));
  std::unique_ptr<Operation> operation;
  const auto prepare = [&] {
    operation.reset();
    tape.clear();
    for (auto& leaf : leaves) {
      leaf.clear_gradient();
    }
    operation = std::make_unique<Operation>(make(tape, leaves));
  };
  prepare();
  auto y = random_matrix<float>(operation->rows(), operation->cols());
  const auto dy = y;
  operation->forward(y);
  operation->backward(y, dy);  // makes the gradients' memory
  const Work& work = forward ? of.forward : of.backward;
  const auto bytes = static_cast<Index>(work.bytes());
  if (forward) {
    measure<float>(
        state, work, bytes, [&] { operation->forward(y); }, prepare);
  } else {
    measure<float>(
        state, work, bytes, [&] { operation->backward(y, dy); },
        [&] {
          prepare();
          operation->forward(y);  // what the operation saves
        });
  }
}

/// Registers both passes on one and two threads.
template <class Make>
void add_operation(const OperationCase& of, const Make& make) {
  for (const int threads : {1, 2}) {
    for (const bool forward : {true, false}) {
      if (!forward && of.backward.bytes() == 0.0) {
        continue;
      }
      const std::string name =
          of.name + (forward ? "/forward/" : "/backward/") + of.shape + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [of, make, forward, threads](benchmark::State& state) {
                                     ampsft::set_thread_count(threads);
                                     run_operation(state, of, make, forward);
                                   })
          ->UseManualTime()
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace bench
