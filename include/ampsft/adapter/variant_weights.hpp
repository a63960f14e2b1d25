// SPDX-License-Identifier: MIT
/// @file
/// A model whose sequences use the variants of a store, each its own.
#pragma once

#include <ampsft/adapter/variant_store.hpp>
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

/// Which variant each sequence of a model's next passes uses. One thread uses a selection, and its model, at a time.
template <Scalar T>
class VariantSelection {
 public:
  using Pointer = std::shared_ptr<const Variant<T>>;

  /// One variant a sequence, in the order of the batch; one alone is for all sequences. Null: the base. Nothing else
  /// happens, so switching costs some nanoseconds.
  void use(std::vector<Pointer> sequences);

  void use(Pointer one);

  [[nodiscard]] const std::vector<Pointer>& sequences() const noexcept { return sequences_; }

  /// How often `use` was called: tells whether a pass still has the selection that it began with.
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

  /// Calls `visit(variant, first, count)` for runs of rows that use one variant, of `tokens` rows in all: sequences are
  /// equally long. Throws `Error` if the rows do not split into the sequences.
  template <class Visit>
  void for_each_run(Index tokens, Visit&& visit) const {
    const auto count = static_cast<Index>(sequences_.size());
    require(tokens % count == 0, tokens, " rows are not ", count, " sequences of one length, one a variant; use the ",
            "selection for the batch that is computed");
    const Index length = tokens / count;
    for (Index first = 0, last = 0; first < count; first = last) {
      const Pointer& variant = sequences_[static_cast<std::size_t>(first)];
      for (last = first + 1; last < count && sequences_[static_cast<std::size_t>(last)] == variant; ++last) {
      }
      visit(variant.get(), first * length, (last - first) * length);
    }
  }

 private:
  std::vector<Pointer> sequences_{nullptr};
  std::uint64_t changes_ = 0;
};

/// `z S_v'` where the rows of `z` (`T x K`) use the scores of different variants.
template <Scalar T>
class VariantExpansion final : public LinearOperator<T> {
 public:
  VariantExpansion(std::shared_ptr<const VariantSelection<T>> selection, const VariantSlot<T>& slot)
      : selection_(std::move(selection)), rows_(slot.rows), rank_(slot.basis->rank()), offset_(slot.offset) {}

  [[nodiscard]] Index rows() const override { return rows_; }
  [[nodiscard]] Index cols() const override { return rank_; }

  /// Says how many rows the whole batch has, for rows of a part would be taken for those of other sequences. A pass
  /// begins, with the selection as it is now.
  void expect(Index tokens) noexcept;

  /// Where one variant is for all sequences, `x` may be any rows of the batch; else it must be all of them.
  void output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                   const ConstView<T>& bias) const override;

  /// `dz = scale dy S_v`, or added to `dz`. Throws `Error` if the selection has changed since the pass began.
  void input_gradient_part(Index first, const ConstView<T>& dy, View<T> dz, WriteMode mode, T scale) const override;

  /// The scores of the one variant that all sequences use, `n x K`; zeros for the base. Throws `Error` if there are
  /// several.
  [[nodiscard]] Matrix<T> scores() const;

  /// The scores of `rows` of the weight for the tokens of a batch, `T x K`; zeros for the base.
  [[nodiscard]] Matrix<T> gather(std::span<const std::int32_t> row) const;

 private:
  [[nodiscard]] static Index rows_of(std::span<const std::int32_t> row) { return static_cast<Index>(row.size()); }

  void require_whole(Index rows) const;

  /// Rows of one variant. The kernel reads transposed scores where they lie. Measured: with scores that it had to turn,
  /// 32 sequences of one token and a variant each took 1.12 times as long.
  void expand(const Variant<T>* variant, Index first, const ConstView<T>& z, View<T> y, WriteMode mode, T scale,
              const ConstView<T>& bias) const;

  [[nodiscard]] ConstMatrixMap<T> transposed(const Variant<T>& variant) const;

  std::shared_ptr<const VariantSelection<T>> selection_;
  Index rows_;
  Index rank_;
  Index offset_;
  Index tokens_ = 0;
  std::uint64_t changes_ = 0;
};

/// `W_v = W0 + S_v B`, for inference: the base's product and `x B'` are one for all sequences. It has no leaves, but
/// gradients pass through it to its input.
///
/// Cost a token: `2 n d` operations for the base, `2 K (n + d)` for the scores, however many variants there are.
template <Scalar T>
class VariantParameterization {
 public:
  using scalar = T;

  VariantParameterization(std::string name, FrozenBase<T> base, const VariantSlot<T>& slot,
                          std::shared_ptr<const VariantSelection<T>> selection);

  [[nodiscard]] Index rows() const { return base_.rows(); }
  [[nodiscard]] Index cols() const { return base_.cols(); }
  [[nodiscard]] std::string_view kind() const { return "variants"; }
  [[nodiscard]] bool is_adapted() const { return true; }
  [[nodiscard]] const FrozenBase<T>& base() const { return base_; }

  ProductSum<T> products(Variable<T> x);

  Variable<T> gather(Tape<T>& tape, std::span<const std::int32_t> row);

  /// `W0 + S_v B` of the variant that all sequences use. Throws `Error` if they use several.
  [[nodiscard]] Matrix<T> materialize() const;

  [[nodiscard]] std::vector<Parameter<T>*> leaves() { return {}; }
  [[nodiscard]] std::vector<NamedBuffer<T>> buffers() const { return {base_.named(name_)}; }

 private:
  std::string name_;
  FrozenBase<T> base_;
  std::shared_ptr<const UniversalBasis<T>> basis_;
  std::unique_ptr<VariantExpansion<T>> expansion_;
};

/// Makes a model use the variants of a store, and returns the selection that says which; it starts with the base.
///
/// Models of several threads share the base's matrices and the store, and have a selection each. Throws `Error`, and
/// changes nothing, if the base is another one than the store's or a weight is missing, of another shape, or adapted
/// already.
template <Scalar T>
[[nodiscard]] std::shared_ptr<VariantSelection<T>> attach_variants(const VariantStore<T>& store,
                                                                   const WeightList<T>& weights);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/variant_weights_inl.hpp>
#endif
