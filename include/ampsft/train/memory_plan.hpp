// SPDX-License-Identifier: MIT
/// @file
/// How much memory a training step takes, before it runs.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/checked.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/token_batch.hpp>

#include <cstdint>
#include <limits>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace ampsft {

/// Bytes of what a training step holds.
struct MemoryPlan {
  Index frozen = 0;       ///< weights and bases that are not trained
  Index trained = 0;      ///< scores, or whatever is trained
  Index gradients = 0;    ///< of what is trained
  Index optimizer = 0;    ///< its state
  Index activations = 0;  ///< values, their gradients and what operations save, at their peak

  [[nodiscard]] Index total() const noexcept { return frozen + trained + gradients + optimizer + activations; }
};

/// Writes a line each, in MiB.
inline std::ostream& operator<<(std::ostream& out, const MemoryPlan& plan) {
  const auto line = [&](const char* name, Index bytes) {
    std::string number = std::to_string((bytes * 10 + (Index{1} << 19)) >> 20);
    number = std::string(number.size() < 2 ? 2 - number.size() : 0, '0') + number;
    number.insert(number.size() - 1, ".");
    out << name << std::string(number.size() < 12 ? 12 - number.size() : 1, ' ') << number << " MiB\n";
  };
  line("frozen weights", plan.frozen);
  line("trained       ", plan.trained);
  line("gradients     ", plan.gradients);
  line("optimiser     ", plan.optimizer);
  line("activations   ", plan.activations);
  line("together      ", plan.total());
  return out;
}

/// What the model itself holds: the plan's `frozen` and `trained`; matrices that weights share count once.
template <class Model>
[[nodiscard]] MemoryPlan plan_weights(Model& model) {
  constexpr auto size = static_cast<Index>(sizeof(typename Model::scalar));
  MemoryPlan plan;
  std::set<const void*> seen;
  const auto count = [&](const void* identity, Index bytes, Index& sum) {
    sum += seen.insert(identity).second ? bytes : 0;
  };
  for (const auto* parameter : model.parameters()) {
    count(&parameter->value, parameter->size() * size, parameter->trainable ? plan.trained : plan.frozen);
  }
  for (const auto* weight : model.weights()) {
    for (const auto& buffer : weight->buffers()) {
      count(buffer.identity(), buffer.bytes(), plan.frozen);
    }
  }
  return plan;
}

/// What a forward and a backward pass over such a batch will hold, without an optimiser: runs one that computes
/// nothing. How many of its tokens have a target makes no difference, as long as some have none.
///
/// `Model` as in `Trainer`, with `weights()`. Besides comes what the kernels pack (some MiB a thread). Throws `Error`
/// as the model's loss does.
template <class Model>
[[nodiscard]] MemoryPlan plan_gradients(Model& model, const TokenBatch& batch) {
  MemoryPlan plan = plan_weights(model);
  plan.gradients = plan.trained;
  Tape<typename Model::scalar> tape(TapeMode::planning);
  tape.backward(model.loss(tape, batch));
  tape.clear();
  plan.activations = tape.bytes();
  return plan;
}

/// The same for a step of training: the optimiser is asked for the matrices that it keeps a parameter.
template <class Model, class O>
[[nodiscard]] MemoryPlan plan_memory(Model& model, const O& optimizer, const TokenBatch& batch) {
  MemoryPlan plan = plan_gradients(model, batch);
  plan.optimizer = plan.trained * optimizer.matrices_a_parameter();
  return plan;
}

/// The same for `sequences` rows of `length` tokens; throws `Error` too if they are not 1 to 2^31 - 1 together.
template <class Model, class O>
[[nodiscard]] MemoryPlan plan_memory(Model& model, const O& optimizer, Index sequences, Index length) {
  const Index count = checked_product({sequences, length}, "the tokens of a step");
  require(count >= 1 && count <= std::numeric_limits<std::int32_t>::max(), "a step of ", sequences, " sequences of ",
          length, " tokens cannot be planned; together they must be 1 to 2^31 - 1");
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), 0);
  return plan_memory(model, optimizer, TokenBatch{.tokens = tokens, .sequences = sequences, .targets = tokens});
}

}  // namespace ampsft
