// SPDX-License-Identifier: MIT
/// @file
/// Functions of one place over whole matrices: checked, cut into pieces, spread over threads.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/dispatch.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <cstddef>
#include <type_traits>

namespace ampsft::simd::detail {

/// Elements that are worth a thread.
inline constexpr Index elements_per_thread = Index{1} << 14;

template <class T>
struct MapResult {
  MatrixRef<T> matrix{};
  WriteMode mode = WriteMode::overwrite;
};

/// Calls the kernel of `M` for matrices of one shape; whole ones without gaps between rows are taken as one row. Of two
/// results, one without data is not wanted.
template <Map M, class T, std::size_t Inputs, std::size_t Results>
void map_matrices(const MatrixRef<const T> (&in)[Inputs], const MapResult<T> (&out)[Results]) {
  static_assert(Inputs == static_cast<std::size_t>(inputs_of(M)));
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
    if (Results == 1 || result.matrix.data != nullptr) {
      check(result.matrix.rows, result.matrix.cols, result.matrix.stride);
    }
  }
  const Index rows = gapless ? 1 : all_rows;
  const Index cols = gapless ? all_rows * all_cols : all_cols;
  with_level([&](auto code) {
    parallel_for(rows * cols, elements_per_thread, [&](Index begin, Index end) {
      while (begin < end) {
        const Index row = begin / cols;
        const Index col = begin % cols;
        const auto at = [&](const auto& matrix) {
          return matrix.data != nullptr ? matrix.data + row * matrix.stride + col : nullptr;
        };
        Elementwise<T> e{std::min(end - begin, cols - col)};
        e.a = at(in[0]);
        e.b = at(in[std::min<std::size_t>(1, Inputs - 1)]);
        e.c = at(in[Inputs - 1]);
        e.y = at(out[0].matrix);
        e.z = at(out[Results - 1].matrix);
        e.add_y = out[0].mode == WriteMode::add;
        e.add_z = out[Results - 1].mode == WriteMode::add;
        decltype(code)::template elementwise<M>(e);
        begin += e.count;
      }
    });
  });
}

}  // namespace ampsft::simd::detail
