// SPDX-License-Identifier: MIT
/// @file
/// Puts scores or LoRA factors onto those weights of a model whose names match patterns, and takes them off again.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/basis/basis_set.hpp>
#include <ampsft/core/glob.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/frozen.hpp>
#include <ampsft/parameterization/lora.hpp>
#include <ampsft/parameterization/score.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// What happens to a matrix that two weights share (token embedding and LM head).
enum class Tied {
  shared,    ///< one set of scores or factors, whose gradients add
  separate,  ///< one each, over the same frozen matrix: the paper's counts
};

/// Which weights are attached, and how.
struct AttachTargets {
  std::vector<std::string> patterns = {"*"};  ///< glob patterns over weight names: `*` any run, `?` one character
  Tied tied = Tied::shared;
};

/// The weights whose names match any of the patterns, in the given order.
///
/// Throws `Error` with the list of names if a pattern matches none.
template <Scalar T>
[[nodiscard]] WeightList<T> match_weights(const WeightList<T>& weights, const std::vector<std::string>& patterns);

/// The weight of that name. Throws `Error` with the list of names if there is none.
template <Scalar T>
[[nodiscard]] Weight<T>& find_weight(const WeightList<T>& weights, const std::string& name);

/// What becomes of parameters that nothing is attached to.
enum class Rest {
  frozen,    ///< they get no gradient and no optimiser touches them
  as_it_is,  ///< they keep their state
};

namespace detail {

/// Freezes all parameters but the leaves, if asked.
template <Scalar T>
void train_only(const ParameterList<T>& leaves, const ParameterList<T>& parameters, Rest rest) {
  if (rest == Rest::frozen) {
    for (auto* parameter : parameters) {
      parameter->trainable = std::find(leaves.begin(), leaves.end(), parameter) != leaves.end();
    }
  }
}

/// Replaces every chosen weight by `make(name, base)`; weights that shared a matrix share the result if asked.
template <Scalar T, class Make>
ParameterList<T> attach(const WeightList<T>& weights, const AttachTargets& targets, Make&& make) {
  std::vector<std::pair<Weight<T>, Weight<T>>> replaced;  // before, after
  std::vector<std::pair<Weight<T>*, Weight<T>>> plan;     // so that an error leaves the model as it was
  ParameterList<T> leaves;
  const auto chosen = match_weights(weights, targets.patterns);
  const auto is_used_elsewhere = [&](const Weight<T>& weight) {  // a weight tied to this one is not chosen
    return std::any_of(weights.begin(), weights.end(), [&](Weight<T>* other) {
      return other->is_tied_to(weight) && std::find(chosen.begin(), chosen.end(), other) == chosen.end();
    });
  };
  for (auto* weight : chosen) {
    if (targets.tied == Tied::shared) {
      const auto twin = std::find_if(replaced.begin(), replaced.end(),
                                     [&](const auto& pair) { return pair.first.is_tied_to(*weight); });
      if (twin != replaced.end()) {
        plan.emplace_back(weight, twin->second.tied(weight->name()));
        continue;
      }
    }
    require(!weight->is_adapted(), weight->name(), " is already parameterised as ", weight->kind(),
            "; attach to dense or frozen weights only, see detach and merge");
    FrozenBase<T> source = weight->base();
    if (weight->own_parameter() != nullptr && is_used_elsewhere(*weight)) {
      // its matrix may be trained further, which must not move this weight's frozen base
      source = std::make_shared<const Matrix<T>>(source.dequantized());
    }
    Weight<T> made(weight->name(), make(weight->name(), std::move(source)));
    const auto own = made.leaves();
    leaves.insert(leaves.end(), own.begin(), own.end());
    replaced.emplace_back(*weight, made);
    plan.emplace_back(weight, std::move(made));
  }
  for (auto& [weight, made] : plan) {
    *weight = std::move(made);
  }
  return leaves;
}

}  // namespace detail

/// Puts scores onto the chosen weights and returns their leaves.
///
/// `bases` must hold a basis for the input width of every chosen weight. Throws `Error`, and changes nothing, if one
/// is missing, a pattern matches nothing, or a chosen weight is adapted already. Other parameters keep their state:
/// freeze them first with `freeze` where scores alone are to be trained.
template <Scalar T>
ParameterList<T> attach_scores(const WeightList<T>& weights, const BasisSet<T>& bases, ScoreForm form,
                               const AttachTargets& targets = {}, Route route = Route::factored);

/// Puts LoRA factors onto the chosen weights and returns their leaves; every matrix gets a seed of its own.
///
/// Throws `Error`, and changes nothing, as `attach_scores` does.
template <Scalar T>
ParameterList<T> attach_lora(const WeightList<T>& weights, const LoraOptions& options,
                             const AttachTargets& targets = {});

/// Keeps the chosen weights in bfloat16, frozen: half of float's memory. Scores and factors can still be put upon them.
///
/// Rounds every element to 8 bits of significand. `Arithmetic::bf16` also rounds what is multiplied with them, for
/// twice the speed where the processor can. Throws `Error`, and changes nothing, if a pattern matches nothing or a
/// chosen weight is adapted or lies in fewer bytes already.
template <std::same_as<float> T>
void keep_in_bf16(const WeightList<T>& weights, const AttachTargets& targets = {},
                  Arithmetic arithmetic = Arithmetic::full);

/// Takes scores and factors off again: every adapted weight is its base, frozen, the same matrix as before; those that
/// have one matrix are tied.
///
/// Throws `Error`, and changes nothing, if one keeps no base, as the truncated form does. Nothing is copied or
/// computed.
template <Scalar T>
void detach(const WeightList<T>& weights);

/// A model as a whole: its weights, and all its parameters.
template <class M>
concept WholeModel = requires(M& model) {
  { model.weights() } -> std::same_as<WeightList<typename M::scalar>>;
  { model.parameters() } -> std::same_as<ParameterList<typename M::scalar>>;
};

/// Puts scores onto the chosen weights of a model; they alone are trained then, unless `rest` says otherwise. Throws as
/// above.
template <WholeModel M>
ParameterList<typename M::scalar> attach_scores(M& model, const BasisSet<typename M::scalar>& bases,
                                                ScoreForm form = ScoreForm::exact_start,
                                                const AttachTargets& targets = {}, Rest rest = Rest::frozen) {
  auto leaves = attach_scores(model.weights(), bases, form, targets);
  detail::train_only(leaves, model.parameters(), rest);
  return leaves;
}

/// The same for LoRA factors.
template <WholeModel M>
ParameterList<typename M::scalar> attach_lora(M& model, const LoraOptions& options, const AttachTargets& targets = {},
                                              Rest rest = Rest::frozen) {
  auto leaves = attach_lora(model.weights(), options, targets);
  detail::train_only(leaves, model.parameters(), rest);
  return leaves;
}

/// Makes parameters frozen: they get no gradient and no optimiser touches them.
template <Scalar T>
void freeze(const ParameterList<T>& parameters);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/attach_inl.hpp>
#endif
