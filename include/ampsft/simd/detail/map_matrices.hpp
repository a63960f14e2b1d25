// SPDX-License-Identifier: MIT
/// @file
/// Functions of one place over whole matrices: checked, cut into pieces, spread over threads.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

namespace ampsft::simd::detail {

/// Elements that are worth a thread.
inline constexpr Index elements_per_thread = Index{1} << 14;

template <class T>
struct MapResult {
  MatrixRef<T> matrix{};
  WriteMode mode = WriteMode::overwrite;
};

template <class T>
using MapKernel = void (*)(const Elementwise<T>&);

/// Calls a kernel for matrices of one shape; whole ones without gaps between rows are taken as one row. Compiled once,
/// for all functions.
template <class T>
void run_map(MapKernel<T> kernel, std::span<const MatrixRef<const T>> in, std::span<const MapResult<T>> out, T factor) {
  const Index all_rows = in[0].rows;
  const Index all_cols = in[0].cols;
  bool gapless = true;
  const auto check = [&](Index rows, Index cols, Index row_stride) {
    require(rows == all_rows && cols == all_cols, "matrices of ", rows, " x ", cols, " and ", all_rows, " x ", all_cols,
            " do not go together elementwise");
    gapless = gapless && row_stride == cols;
  };
  for (const auto& input : in) {
    check(input.rows, input.cols, input.stride);
  }
  for (const auto& result : out) {
    if (out.size() == 1 || result.matrix.data != nullptr) {
      check(result.matrix.rows, result.matrix.cols, result.matrix.stride);
    }
  }
  const Index rows = gapless ? 1 : all_rows;
  const Index cols = gapless ? all_rows * all_cols : all_cols;
  parallel_for(rows * cols, elements_per_thread, [&](Index begin, Index end) {
    while (begin < end) {
      const Index row = begin / cols;
      const Index col = begin % cols;
      const auto at = [&](const auto& matrix) {
        return matrix.data != nullptr ? matrix.data + row * matrix.stride + col : nullptr;
      };
      Elementwise<T> e{std::min(end - begin, cols - col)};
      e.a = at(in[0]);
      e.b = at(in[std::min<std::size_t>(1, in.size() - 1)]);
      e.c = at(in[in.size() - 1]);
      e.y = at(out[0].matrix);
      e.z = at(out[out.size() - 1].matrix);
      e.add_y = out[0].mode == WriteMode::add;
      e.add_z = out[out.size() - 1].mode == WriteMode::add;
      e.factor = factor;
      kernel(e);
      begin += e.count;
    }
  });
}

/// Calls the kernel of `M` at the level in use. Of two results, one without data is not wanted.
template <Map M, class T, std::size_t Inputs, std::size_t Results>
void map_matrices(const MatrixRef<const T> (&in)[Inputs], const MapResult<T> (&out)[Results], T factor = T{}) {
  static_assert(Inputs == static_cast<std::size_t>(inputs_of(M)) && Results == (has_two_results(M) ? 2 : 1));
  with_level([&](auto code) {
    run_map<T>([](const Elementwise<T>& e) { decltype(code)::template elementwise<M>(e); }, in, out, factor);
  });
}

}  // namespace ampsft::simd::detail
