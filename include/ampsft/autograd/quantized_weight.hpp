// SPDX-License-Identifier: MIT
/// @file
/// A frozen weight that stays as it is stored, quantised or not.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/core/dequantize.hpp>
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
                  std::shared_ptr<const void> keeper)
      : format_(format), bytes_(bytes), rows_(rows), cols_(cols), keeper_(std::move(keeper)) {
    const auto block = static_cast<Index>(block_size(format).numbers);
    require(rows > 0 && cols > 0 && cols % block == 0, name, ": ", rows, " rows of ", cols, " numbers are not whole ",
            "blocks of ", block_format_name(format), ", of ", block);
    row_bytes_ = row_bytes(format, cols);
    require(bytes.size() % row_bytes_ == 0 && bytes.size() / row_bytes_ == static_cast<std::size_t>(rows), name, ": ",
            rows, " rows of ", cols, " numbers in ", block_format_name(format), " do not take ", bytes.size(),
            " bytes");
  }

  [[nodiscard]] Index rows() const override { return rows_; }
  [[nodiscard]] Index cols() const override { return cols_; }
  [[nodiscard]] Index bytes() const override { return static_cast<Index>(bytes_.size()); }
  [[nodiscard]] BlockFormat format() const noexcept { return format_; }

  void output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                   const ConstView<T>& bias) const override {
    this->require_part(first, y.cols());
    const ConstMatrixMap<T> none(nullptr, 0, 0);
    for_each_part(y.cols(), 1, [&](Index begin, Index end) {
      for_each_panel(first + begin, first + end, 0, cols_, [&](Index row, const ConstMatrixMap<T>& panel) {
        const Index at = row - first;
        layer_output<T>(x, panel, y.middleCols(at, panel.rows()), mode, scale,
                        bias.rows() > 0 ? ConstView<T>(bias.middleCols(at, panel.rows())) : ConstView<T>(none));
      });
    });
  }

  void input_gradient_part(Index first, const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const override {
    this->require_part(first, dy.cols());
    for_each_part(cols_, static_cast<Index>(block_size(format_).numbers), [&](Index begin, Index end) {
      const auto to = dx.middleCols(begin, end - begin);
      for_each_panel(first, first + dy.cols(), begin, end, [&](Index row, const ConstMatrixMap<T>& panel) {
        layer_input_gradient<T>(dy.middleCols(row - first, panel.rows()), panel, to,
                                row == first ? mode : WriteMode::add, scale);
      });
    });
  }

  void copy_row(Index i, T* to) const override { widen(i, 0, cols_, to); }

 private:
  struct Panel;  // the scratch memory's use

  static constexpr Index least = 64;  // rows of a panel

  /// Columns from `begin` to `end`, whole blocks, of row `i`.
  void widen(Index i, Index begin, Index end, T* to) const {
    const auto row = bytes_.subspan(static_cast<std::size_t>(i) * row_bytes_, row_bytes_);
    const std::size_t first = row_bytes(format_, begin);
    dequantize(format_, row.subspan(first, row_bytes(format_, end) - first),
               std::span<T>(to, static_cast<std::size_t>(end - begin)));
  }

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
