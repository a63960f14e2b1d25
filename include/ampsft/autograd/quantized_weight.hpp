// SPDX-License-Identifier: MIT
/// @file
/// A frozen weight that stays as it is stored, quantised or not.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace ampsft {

/// A weight in stored rows, usually of a mapped file. A product dequantises a panel of it at a time into memory that
/// each thread keeps (1 MiB, or 64 rows; the product packs it besides), and multiplies that: the weight takes the
/// memory of its file.
template <Scalar T>
class QuantizedWeight final : public FrozenWeight<T> {
 public:
  /// `rows` rows of `cols` numbers without gaps, at any address; `keeper` keeps the bytes there. Throws `Error`,
  /// beginning with `name`, unless rows are whole blocks and `bytes` are exactly those rows.
  QuantizedWeight(const std::string& name, BlockFormat format, std::span<const std::byte> bytes, Index rows, Index cols,
                  std::shared_ptr<const void> keeper);

  [[nodiscard]] Index rows() const override { return rows_; }
  [[nodiscard]] Index cols() const override { return cols_; }
  [[nodiscard]] Index bytes() const override { return static_cast<Index>(bytes_.size()); }
  [[nodiscard]] BlockFormat format() const noexcept { return format_; }

  void output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                   const ConstView<T>& bias) const override;

  void input_gradient_part(Index first, const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const override;

  void copy_row(Index i, T* to) const override { widen(i, 0, cols_, to); }

 private:
  struct Panel;  // the scratch memory's use

  static constexpr Index least = 64;  // rows of a panel

  /// Columns from `begin` to `end`, whole blocks, of row `i`.
  void widen(Index i, Index begin, Index end, T* to) const;

  /// `[0, count)` in pieces of whole blocks: one a thread where each gets enough, for a panel that another core has
  /// dequantized comes slowly (measured: a product with one row takes 1.7 times as long). Else one for all threads,
  /// which then share each panel.
  template <class Use>
  static void for_each_part(Index count, Index block, Use&& use) {
    const Index enough = (4 * least + block - 1) / block;
    const bool apart = count / block >= enough * thread_count();
    parallel_for(count / block, apart ? enough : count / block,
                 [&](Index begin, Index end) { use(begin * block, end * block); });
  }

  /// Widens rows and columns of a part, a panel of rows at a time.
  template <class Use>
  void for_each_panel(Index begin, Index end, Index begin_col, Index end_col, Use&& use) const {
    constexpr Index numbers = (Index{1} << 20) / static_cast<Index>(sizeof(T));
    const Index width = end_col - begin_col;
    const Index height = std::min(end - begin, std::max(numbers / width / least, Index{1}) * least);
    T* const panel = simd::detail::scratch<Panel, T>(height * width);
    for (Index first = begin; first < end; first += height) {
      const Index count = std::min(height, end - first);
      parallel_for(count, 8, [&](Index from, Index to) {
        for (Index i = from; i < to; ++i) {
          widen(first + i, begin_col, end_col, panel + i * width);
        }
      });
      use(first, ConstMatrixMap<T>(panel, count, width));
    }
  }

  BlockFormat format_;
  std::span<const std::byte> bytes_;
  Index rows_;
  Index cols_;
  std::shared_ptr<const void> keeper_;
  std::size_t row_bytes_ = 0;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/autograd/detail/quantized_weight_inl.hpp>
#endif
