// SPDX-License-Identifier: MIT
/// @file
/// Bodies of quantized_weight.hpp.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/quantized_weight.hpp>
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

template <Scalar T>
QuantizedWeight<T>::QuantizedWeight(const std::string& name, BlockFormat format, std::span<const std::byte> bytes,
                                    Index rows, Index cols, std::shared_ptr<const void> keeper)
    : format_(format), bytes_(bytes), rows_(rows), cols_(cols), keeper_(std::move(keeper)) {
  const auto block = static_cast<Index>(block_size(format).numbers);
  require(rows > 0 && cols > 0 && cols % block == 0, name, ": ", rows, " rows of ", cols, " numbers are not whole ",
          "blocks of ", block_format_name(format), ", of ", block);
  row_bytes_ = row_bytes(format, cols);
  require(bytes.size() % row_bytes_ == 0 && bytes.size() / row_bytes_ == static_cast<std::size_t>(rows), name, ": ",
          rows, " rows of ", cols, " numbers in ", block_format_name(format), " do not take ", bytes.size(), " bytes");
}

template <Scalar T>
void QuantizedWeight<T>::output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                                     const ConstView<T>& bias) const {
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

template <Scalar T>
void QuantizedWeight<T>::input_gradient_part(Index first, const ConstView<T>& dy, View<T> dx, WriteMode mode,
                                             T scale) const {
  this->require_part(first, dy.cols());
  for_each_part(cols_, static_cast<Index>(block_size(format_).numbers), [&](Index begin, Index end) {
    const auto to = dx.middleCols(begin, end - begin);
    for_each_panel(first, first + dy.cols(), begin, end, [&](Index row, const ConstMatrixMap<T>& panel) {
      layer_input_gradient<T>(dy.middleCols(row - first, panel.rows()), panel, to, row == first ? mode : WriteMode::add,
                              scale);
    });
  });
}

template <Scalar T>
void QuantizedWeight<T>::widen(Index i, Index begin, Index end, T* to) const {
  const auto row = bytes_.subspan(static_cast<std::size_t>(i) * row_bytes_, row_bytes_);
  const std::size_t first = row_bytes(format_, begin);
  dequantize(format_, row.subspan(first, row_bytes(format_, end) - first),
             std::span<T>(to, static_cast<std::size_t>(end - begin)));
}

AMPSFT_INSTANCE(class QuantizedWeight<float>);
AMPSFT_INSTANCE(class QuantizedWeight<double>);

}  // namespace ampsft
