// SPDX-License-Identifier: MIT
/// @file
/// Bodies of variant_weights.hpp.
#pragma once

#include <ampsft/adapter/variant_store.hpp>
#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/autograd/linear_operator.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/detail/add_product.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
void VariantSelection<T>::use(std::vector<Pointer> sequences) {
  require(!sequences.empty(), "a batch needs at least one variant");
  sequences_ = std::move(sequences);
  ++changes_;
}

template <Scalar T>
void VariantSelection<T>::use(Pointer one) {
  sequences_.assign(1, std::move(one));
  ++changes_;
}

template <Scalar T>
void VariantExpansion<T>::expect(Index tokens) noexcept {
  tokens_ = tokens;
  changes_ = selection_->changes();
}

template <Scalar T>
void VariantExpansion<T>::output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                                      const ConstView<T>& bias) const {
  require_whole(x.rows());
  this->require_part(first, y.cols());
  // The threads share all rows, for those of one variant are seldom worth two.
  parallel_for(x.rows(), simd::detail::grain_of(y.cols() * rank_), [&](Index begin, Index end) {
    selection_->for_each_run(x.rows(), [&](const Variant<T>* variant, Index row, Index count) {
      const Index from = std::max(begin, row);
      const Index length = std::min(end, row + count) - from;
      if (length > 0) {
        expand(variant, first, x.middleRows(from, length), y.middleRows(from, length), mode, scale, bias);
      }
    });
  });
}

template <Scalar T>
void VariantExpansion<T>::input_gradient_part(Index first, const ConstView<T>& dy, View<T> dz, WriteMode mode,
                                              T scale) const {
  require_whole(dy.rows());
  this->require_part(first, dy.cols());
  require(selection_->changes() == changes_, "other variants were selected between a forward pass and its backward ",
          "pass; select before both");
  selection_->for_each_run(dy.rows(), [&](const Variant<T>* variant, Index row, Index count) {
    auto rows = dz.middleRows(row, count);
    if (variant != nullptr) {
      project<T>(dy.middleRows(row, count), transposed(*variant).middleCols(first, dy.cols()), rows, mode, scale);
    } else if (mode == WriteMode::overwrite) {
      rows.setZero();
    }
  });
}

template <Scalar T>
Matrix<T> VariantExpansion<T>::scores() const {
  const auto& sequences = selection_->sequences();
  require(sequences.size() == 1, sequences.size(), " sequences have each a variant; select one for all first");
  const Variant<T>* const one = sequences.front().get();
  return one != nullptr ? make_matrix(transposed(*one).transpose()) : make_matrix<T>(rows_, rank_, T{0});
}

template <Scalar T>
Matrix<T> VariantExpansion<T>::gather(std::span<const std::int32_t> row) const {
  Matrix<T> result = make_matrix<T>(static_cast<Index>(row.size()), rank_, T{0});
  selection_->for_each_run(rows_of(row), [&](const Variant<T>* variant, Index first, Index count) {
    for (Index i = first; variant != nullptr && i < first + count; ++i) {
      const Index wanted = row[static_cast<std::size_t>(i)];
      require(wanted >= 0 && wanted < rows_, "row ", wanted, " is not among the ", rows_, " of the weight");
      map(result).row(i) = transposed(*variant).col(wanted).transpose();
    }
  });
  return result;
}

template <Scalar T>
void VariantExpansion<T>::require_whole(Index rows) const {
  require(rows == tokens_ || selection_->sequences().size() == 1, "a batch of several variants is computed ",
          "whole, not ", rows, " of its ", tokens_, " rows; for losses see evaluate_variants");
}

template <Scalar T>
void VariantExpansion<T>::expand(const Variant<T>* variant, Index first, const ConstView<T>& z, View<T> y,
                                 WriteMode mode, T scale, const ConstView<T>& bias) const {
  if (variant != nullptr) {
    const ReconstructJob<T> job{z, y, mode == WriteMode::add ? MatrixRef<const T>(y) : MatrixRef<const T>()};
    reconstruct<T>(std::span<const ReconstructJob<T>>(&job, 1), transposed(*variant).middleCols(first, y.cols()), bias,
                   scale);
  } else if (mode == WriteMode::overwrite) {
    y.setZero();
    if (bias.rows() > 0) {
      y.rowwise() += bias.row(0);
    }
  }
}

template <Scalar T>
ConstMatrixMap<T> VariantExpansion<T>::transposed(const Variant<T>& variant) const {
  return {variant.scores.data() + offset_, rank_, rows_};
}

template <Scalar T>
VariantParameterization<T>::VariantParameterization(std::string name, FrozenBase<T> base, const VariantSlot<T>& slot,
                                                    std::shared_ptr<const VariantSelection<T>> selection)
    : name_(std::move(name)),
      base_(std::move(base)),
      basis_(slot.basis),
      expansion_(std::make_unique<VariantExpansion<T>>(std::move(selection), slot)) {
  require(base_.rows() == slot.rows && base_.cols() == basis_->width(), name_, " is ", base_.rows(), " x ",
          base_.cols(), ", but its variants are for ", slot.rows, " x ", basis_->width());
}

template <Scalar T>
ProductSum<T> VariantParameterization<T>::products(Variable<T> x) {
  expansion_->expect(x.rows());
  Tape<T>& tape = x.tape();
  const auto& components = basis_->components();
  const Variable<T> z = tape.shared(x, &components, [&] { return linear(x, tape.constant(components)); });
  return {{base_.product(x), {z, {}, T{1}, expansion_.get()}}};
}

template <Scalar T>
Variable<T> VariantParameterization<T>::gather(Tape<T>& tape, std::span<const std::int32_t> row) {
  return reconstruct<T>(tape.constant(expansion_->gather(row)), tape.constant(basis_->components()), {},
                        base_.gather(tape, row));
}

template <Scalar T>
Matrix<T> VariantParameterization<T>::materialize() const {
  Matrix<T> weight = base_.dequantized();
  detail::add_product(weight, T{1}, expansion_->scores(), basis_->components());
  return weight;
}

template <Scalar T>
std::shared_ptr<VariantSelection<T>> attach_variants(const VariantStore<T>& store, const WeightList<T>& weights) {
  if (!store.base().empty()) {
    const std::string actual = base_hash(weights);
    require(store.base() == actual, "the store's variants belong to a base with the hash ", store.base(),
            ", but this model's is ", actual);
  }
  auto selection = std::make_shared<VariantSelection<T>>();
  std::vector<std::string> names;
  for (const auto& slot : store.slots()) {
    names.insert(names.end(), slot.weights.begin(), slot.weights.end());
  }
  static_cast<void>(
      detail::attach(weights, {.patterns = names, .tied = Tied::separate}, [&](const std::string& name, auto source) {
        const auto slot = std::find_if(store.slots().begin(), store.slots().end(), [&](const auto& one) {
          return std::find(one.weights.begin(), one.weights.end(), name) != one.weights.end();
        });
        return VariantParameterization<T>(name, std::move(source), *slot, selection);
      }));
  return selection;
}

AMPSFT_INSTANCE(class VariantSelection<float>);
AMPSFT_INSTANCE(class VariantSelection<double>);
AMPSFT_INSTANCE(class VariantExpansion<float>);
AMPSFT_INSTANCE(class VariantExpansion<double>);
AMPSFT_INSTANCE(class VariantParameterization<float>);
AMPSFT_INSTANCE(class VariantParameterization<double>);
AMPSFT_INSTANCE(std::shared_ptr<VariantSelection<float>> attach_variants(const VariantStore<float>& store,
                                                                         const WeightList<float>& weights));

AMPSFT_INSTANCE(std::shared_ptr<VariantSelection<double>> attach_variants(const VariantStore<double>& store,
                                                                          const WeightList<double>& weights));

}  // namespace ampsft
