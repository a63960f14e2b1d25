// SPDX-License-Identifier: MIT
/// @file
/// Moments of what a model's weights read, and of their gradients, over a few batches: for bases of such directions.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/train/memory_plan.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// How much text is read, and for which weights.
struct CollectOptions {
  Index batches = 8;
  Index sequences = 4;                        ///< windows a batch
  std::uint64_t seed = 0;                     ///< of the windows
  std::vector<std::string> patterns = {"*"};  ///< of weight names
};

/// Count, mean and scatter by width, as `MomentBasis` takes them.
template <Scalar T>
using MomentsByWidth = std::map<Index, GramAccumulator<T>>;

namespace detail {

AMPSFT_HEADER_INLINE void require_collectable(const CollectOptions& options);

template <Scalar T>
void add_moments(MomentsByWidth<T>& moments, const std::string& name, const ConstView<T>& rows);

/// The rows of tokens that are no padding; none where there is no padding.
template <Scalar T>
[[nodiscard]] Matrix<T> filled_rows(const ConstView<T>& all, const std::vector<std::int32_t>& documents);

/// Makes the chosen dense weights the only trainable parameters of a model; puts everything back at its end.
template <class Model>
class OnlyTrainable {
 public:
  using T = typename Model::scalar;

  OnlyTrainable(Model& model, const WeightList<T>& weights) {
    for (auto* parameter : model.parameters()) {
      before_.emplace_back(parameter, parameter->trainable);
    }
    for (auto* weight : weights) {
      auto* leaf = weight->own_parameter();
      require(leaf != nullptr, weight->name(), " is parameterised as ", weight->kind(),
              "; gradients are collected of dense weights");
      const bool tied =
          std::any_of(leaves_.begin(), leaves_.end(), [&](const auto& one) { return one.second == leaf; });
      if (!tied) {
        leaves_.emplace_back(weight->name(), leaf);
      }
    }
    for (auto& [parameter, was] : before_) {
      parameter->trainable = false;
    }
    for (auto& [name, leaf] : leaves_) {
      leaf->trainable = true;
    }
  }
  OnlyTrainable(const OnlyTrainable&) = delete;
  OnlyTrainable& operator=(const OnlyTrainable&) = delete;
  ~OnlyTrainable() {
    clear();
    for (auto& [parameter, was] : before_) {
      parameter->trainable = was;
    }
  }

  void clear() noexcept {
    for (auto& [name, leaf] : leaves_) {
      leaf->clear_gradient();
    }
  }

  [[nodiscard]] const std::vector<std::pair<std::string, Parameter<T>*>>& leaves() const noexcept { return leaves_; }

 private:
  std::vector<std::pair<Parameter<T>*, bool>> before_;
  std::vector<std::pair<std::string, Parameter<T>*>> leaves_;
};

}  // namespace detail

/// The rows `x` that the chosen weights multiply, over random windows of the text, by width; no dropout.
///
/// An input that several weights read (q, k and v) counts once; padding does not; lookups in an embedding read none.
/// Throws `Error` for options below their least values, patterns that match no weight, and inputs that are not finite.
/// Cost: a forward pass a batch, and `d^2` multiply-adds in double for each token and input; memory: `d^2` doubles a
/// width.
template <class Model, class Dataset>
[[nodiscard]] MomentsByWidth<typename Model::scalar> collect_activations(Model& model, const Dataset& text,
                                                                         const CollectOptions& options = {}) {
  using T = typename Model::scalar;
  detail::require_collectable(options);
  std::set<std::string> names;
  for (const auto* weight : match_weights(model.weights(), options.patterns)) {
    names.insert(weight->name());
  }
  MomentsByWidth<T> moments;
  std::set<Index> seen;  // inputs of this batch
  Batch batch;
  Tape<T> tape(TapeMode::inference);
  tape.observe_inputs([&](const std::string& weight, Variable<T> x) {
    if (names.contains(weight) && seen.insert(x.id()).second) {
      const Matrix<T> filled = detail::filled_rows<T>(x.map(), batch.documents);
      detail::add_moments<T>(moments, concat("the input of ", weight), filled.size() > 0 ? map(filled) : x.map());
    }
  });
  Random random(options.seed);
  for (Index i = 0; i < options.batches; ++i) {
    batch = text.sample(random, options.sequences);
    static_cast<void>(model.loss(tape, batch.view()));
    tape.clear();
    seen.clear();
  }
  return moments;
}

/// The rows of the gradients `dW` of the chosen weights, one for each batch of random windows, by width.
///
/// A matrix that two weights share counts once, with the sum of its gradients; a model with dropout drops. Gradients of
/// the model that were there before are cleared; what is trainable is the same afterwards. Throws `Error` as
/// `collect_activations` does, and for a weight that is not dense. Cost: a forward and a backward pass a batch, and
/// `d^2` multiply-adds in double for each row of a weight; memory: the gradients, and `d^2` doubles a width.
template <class Model, class Dataset>
[[nodiscard]] MomentsByWidth<typename Model::scalar> collect_gradients(Model& model, const Dataset& text,
                                                                       const CollectOptions& options = {}) {
  using T = typename Model::scalar;
  detail::require_collectable(options);
  detail::OnlyTrainable<Model> chosen(model, match_weights(model.weights(), options.patterns));
  MomentsByWidth<T> moments;
  Tape<T> tape(TapeMode::training);
  Random random(options.seed);
  for (Index i = 0; i < options.batches; ++i) {
    chosen.clear();
    const Batch batch = text.sample(random, options.sequences);
    tape.backward(model.loss(tape, batch.view()));
    tape.clear();
    for (const auto& [name, leaf] : chosen.leaves()) {
      if (leaf->has_gradient) {
        detail::add_moments<T>(moments, concat("the gradient of ", name), map(leaf->gradient));
      }
    }
  }
  return moments;
}

/// What `collect_gradients` will hold in passes over such a batch, besides the moments: the model's weights, of which
/// those that the patterns choose count as trained, their gradients and the activations.
///
/// Reads no weight, so a model of `UnfilledWeights` will do. Throws `Error` as `collect_gradients` does, but for what
/// is not finite.
template <class Model>
[[nodiscard]] MemoryPlan plan_collect_gradients(Model& model, const TokenBatch& batch,
                                                const std::vector<std::string>& patterns = {"*"}) {
  const detail::OnlyTrainable<Model> chosen(model, match_weights(model.weights(), patterns));
  return plan_gradients(model, batch);
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/collect_moments_inl.hpp>
#endif
