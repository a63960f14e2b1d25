// SPDX-License-Identifier: MIT
/// @file
/// The backward pass of `W = S B + 1 mu'` for a basis that is trained as well: one reading of `dW` gives `dS`, `dB`,
/// `dmu`.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/run_contract.hpp>
#include <ampsft/simd/detail/run_outer.hpp>
#include <ampsft/simd/matrix_ref.hpp>

namespace ampsft {

/// `dS = scale dW B'`, `dB = scale S' dW`, `dmu = 1' dW` in one pass over `dW`, overwritten or added to.
///
/// `dW` may be bfloat16. Outputs must not overlap inputs. Shapes: gradient `dW` `n x d`, scores `S` `n x K`, components
/// `B` `K x d`; outputs `dS` `n x K`, `dB` `K x d`, `dmu` `1 x d` or without rows. Throws `Error` if they do not fit.
/// Cost: `2 n d K` multiply-adds; each thread sums `dB` and `dmu` of its rows apart, `(K + 1) d` elements in a buffer
/// (and 64 dequantized rows for bfloat16), so that other thread counts change them by rounding.
template <Scalar T, Storage X = T>
void reconstruct_backward(const std::type_identity_t<ConstView<X>>& gradient, const ConstView<T>& scores,
                          const ConstView<T>& components, std::type_identity_t<View<T>> d_scores,
                          std::type_identity_t<View<T>> d_components, std::type_identity_t<MatrixRef<T>> d_mean = {},
                          WriteMode mode = WriteMode::overwrite, T scale = T{1}) {
  static_assert(std::same_as<T, X> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  const Index count = gradient.rows();
  const Index rank = components.rows();
  const Index width = components.cols();
  kernel::require_scores(scores.rows(), scores.cols(), rank, width, count, gradient.cols());
  kernel::require_scores(d_scores.rows(), d_scores.cols(), rank, width, count, gradient.cols());
  require(d_components.rows() == rank && d_components.cols() == width, "the components' gradient is ",
          d_components.rows(), " x ", d_components.cols(), ", expected ", rank, " x ", width);
  require(d_mean.rows == 0 || (d_mean.rows == 1 && d_mean.cols == width), "the mean's gradient is ", d_mean.rows, " x ",
          d_mean.cols, ", expected 1 x ", width, " or no rows");
  kernel::with_level([&](auto code) {
    using Code = decltype(code);
    const kernel::ContractFactor<Code, T> factor({components.data(), components.outerStride(), 1, scale}, rank, width,
                                                 count);

    const Index grain = std::max<Index>(kernel::grain_of(2 * rank * width), 1);
    const Index pieces = std::clamp<Index>(count / grain, 1, thread_count());
    const Index partial = (rank + 1) * width;  // dB, then dmu
    struct Partial;
    T* const sums = kernel::scratch<Partial, T>(pieces * partial);
    std::fill_n(sums, pieces * partial, T{0});
    parallel_for(pieces, 1, [&](Index first_piece, Index last_piece) {
      for (Index piece = first_piece; piece < last_piece; ++piece) {
        constexpr Index block = kernel::block_rows;
        const Index end = count * (piece + 1) / pieces;
        T* const db = sums + piece * partial;
        for (Index row = count * piece / pieces; row < end; row += block) {
          const Index height = std::min(block, end - row);
          const X* const dw = gradient.data() + row * gradient.outerStride();
          kernel::contract_rows<Code, T, X>(
              {dw, height, width, gradient.outerStride()},
              {d_scores.data() + row * d_scores.outerStride(), height, rank, d_scores.outerStride()}, factor, nullptr,
              nullptr, mode == WriteMode::add, end - row);
          kernel::outer_add<Code, T, X>(height, rank, width, scores.data() + row * scores.outerStride(),
                                        scores.outerStride(), dw, gradient.outerStride(), db, width);
          if (d_mean.rows == 1) {
            const T one{1};
            kernel::outer_add<Code, T, X>(height, 1, width, &one, 0, dw, gradient.outerStride(), db + rank * width,
                                          width);
          }
        }
      }
    });
    for (Index piece = 1; piece < pieces; ++piece) {
      for (Index i = 0; i < partial; ++i) {
        sums[i] += sums[piece * partial + i];
      }
    }
    const auto finish = [&](T* to, const T* from, T factor_of_sum) {
      for (Index j = 0; j < width; ++j) {
        to[j] = factor_of_sum * from[j] + (mode == WriteMode::add ? to[j] : T{0});
      }
    };
    for (Index k = 0; k < rank; ++k) {
      finish(d_components.data() + k * d_components.outerStride(), sums + k * width, scale);
    }
    if (d_mean.rows == 1) {
      finish(d_mean.data, sums + rank * width, T{1});
    }
  });
}

AMPSFT_INSTANCE(void reconstruct_backward<float, float>(const ConstView<float>&, const ConstView<float>&,
                                                        const ConstView<float>&, View<float>, View<float>,
                                                        MatrixRef<float>, WriteMode, float));
AMPSFT_INSTANCE(void reconstruct_backward<double, double>(const ConstView<double>&, const ConstView<double>&,
                                                          const ConstView<double>&, View<double>, View<double>,
                                                          MatrixRef<double>, WriteMode, double));
AMPSFT_INSTANCE(void reconstruct_backward<float, BFloat16>(const ConstView<BFloat16>&, const ConstView<float>&,
                                                           const ConstView<float>&, View<float>, View<float>,
                                                           MatrixRef<float>, WriteMode, float));

}  // namespace ampsft
