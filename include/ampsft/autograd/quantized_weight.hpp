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

/// A weight in stored rows, usually of a mapped file. A product dequantises a panel of rows at a time into memory that
/// the calling thread keeps (1 MiB, or 64 rows), and multiplies that: the weight takes the memory of its file.
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

  void output(const ConstView<T>& x, View<T> y, Into into, T scale, const ConstView<T>& bias) const override {
    require(y.cols() == rows_, "a frozen weight of ", rows_, " rows cannot fill ", y.cols(), " columns");
    const ConstMatrixMap<T> none(nullptr, 0, 0);
    for_each_panel([&](Index first, const ConstMatrixMap<T>& panel) {
      const auto to = y.middleCols(first, panel.rows());
      if (bias.rows() > 0) {
        layer_output<T>(x, panel, to, into, scale, bias.middleCols(first, panel.rows()));
      } else {
        layer_output<T>(x, panel, to, into, scale, none);
      }
    });
  }

  void input_gradient(const ConstView<T>& dy, View<T> dx, Into into, T scale) const override {
    require(dy.cols() == rows_, "a frozen weight of ", rows_, " rows cannot take a gradient of ", dy.cols(),
            " columns");
    for_each_panel([&](Index first, const ConstMatrixMap<T>& panel) {
      layer_input_gradient<T>(dy.middleCols(first, panel.rows()), panel, dx, first == 0 ? into : Into::add, scale);
    });
  }

  void copy_row(Index i, T* to) const override { widen(i, 1, to); }

 private:
  struct Panel;  // the scratch memory's use

  void widen(Index first, Index count, T* to) const {
    dequantize(
        format_,
        bytes_.subspan(static_cast<std::size_t>(first) * row_bytes_, static_cast<std::size_t>(count) * row_bytes_),
        std::span<T>(to, static_cast<std::size_t>(count * cols_)));
  }

  template <class Use>
  void for_each_panel(Use&& use) const {
    constexpr Index numbers = (Index{1} << 20) / static_cast<Index>(sizeof(T));
    constexpr Index least = 64;
    const Index height = std::min(rows_, std::max(numbers / cols_ / least, Index{1}) * least);
    T* const panel = simd::detail::scratch<Panel, T>(height * cols_);
    for (Index first = 0; first < rows_; first += height) {
      const Index count = std::min(height, rows_ - first);
      parallel_for(count, 8, [&](Index begin, Index end) { widen(first + begin, end - begin, panel + begin * cols_); });
      use(first, ConstMatrixMap<T>(panel, count, cols_));
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
