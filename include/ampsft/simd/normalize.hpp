// SPDX-License-Identifier: MIT
/// @file
/// Layer norm and RMS norm by rows, and their gradients.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <type_traits>

namespace ampsft {

/// What a normalisation keeps of every row for its gradient: `T` numbers each.
/// `T` is const where they are only read.
template <class T>
struct NormState {
  T* mean = nullptr;     ///< of layer norm; null makes it RMS norm, which takes no mean away
  T* inverse = nullptr;  ///< `1 / sqrt(mean square + epsilon)`, after the mean was taken away
};

namespace simd::detail {

/// Rows that are worth a thread.
inline Index norm_grain(Index cols) noexcept {
  return (Index{1} << 13) / std::max<Index>(cols, 1) + 1;
}

}  // namespace simd::detail

/// `y = (x - mean) inverse gain + bias` for every row (Ba, Kiros and Hinton 2016; without mean: Zhang and Sennrich
/// 2019); `y` may be `x`.
///
/// Shapes: `x` and `y` `T x d`; `gain` `1 x d`; `bias` `1 x d` or without rows. Mean and mean square are summed in `T`,
/// in as many parts as a register has lanes. Throws `Error` if the shapes do not fit.
template <Scalar T>
void normalize(const ConstView<T>& x, std::type_identity_t<const ConstView<T>&> gain,
               std::type_identity_t<const ConstView<T>&> bias, double epsilon, NormState<std::type_identity_t<T>> state,
               std::type_identity_t<View<T>> y) {
  using namespace simd::detail;
  require(gain.rows() == 1 && gain.cols() == x.cols(), "normalize: the gain is ", gain.rows(), " x ", gain.cols(),
          ", expected 1 x ", x.cols());
  require(bias.rows() == 0 || (bias.rows() == 1 && bias.cols() == x.cols()), "normalize: the bias is ", bias.rows(),
          " x ", bias.cols(), ", expected 1 x ", x.cols(), " or no rows");
  require(y.rows() == x.rows() && y.cols() == x.cols(), "normalize: the result is ", y.rows(), " x ", y.cols(),
          ", expected ", x.rows(), " x ", x.cols());
  with_level([&](auto code) {
    parallel_for(x.rows(), norm_grain(x.cols()), [&](Index begin, Index end) {
      decltype(code)::norm(Norm<T>{end - begin, x.cols(), x.data() + begin * x.outerStride(), x.outerStride(),
                                   gain.data(), data_or_null(bias), static_cast<T>(epsilon),
                                   state.mean != nullptr ? state.mean + begin : nullptr, state.inverse + begin,
                                   y.data() + begin * y.outerStride(), y.outerStride()});
    });
  });
}

/// Where the gradients of a normalisation go; matrices without rows are not wanted.
template <Scalar T>
struct NormGradients {
  MatrixRef<T> dx{};  ///< `T x d`
  WriteMode mode_x = WriteMode::overwrite;
  MatrixRef<T> dgain{};  ///< `1 x d`
  WriteMode mode_gain = WriteMode::overwrite;
  MatrixRef<T> dbias{};  ///< `1 x d`
  WriteMode mode_bias = WriteMode::overwrite;
};

/// The gradients of `normalize` from the one of its result, in one pass over the rows.
///
/// Those of gain and bias are summed by each thread over its rows, then over threads in order: the same bit for bit for
/// the same thread count. Throws `Error` if the shapes do not fit.
template <Scalar T>
void normalize_gradient(const ConstView<T>& x, std::type_identity_t<const ConstView<T>&> gain, NormState<const T> state,
                        std::type_identity_t<const ConstView<T>&> dy, const NormGradients<T>& to) {
  using namespace simd::detail;
  const Index d = x.cols();
  require(dy.rows() == x.rows() && dy.cols() == d, "normalize: the gradient is ", dy.rows(), " x ", dy.cols(),
          ", expected ", x.rows(), " x ", d);
  require(gain.rows() == 1 && gain.cols() == d, "normalize: the gain is ", gain.rows(), " x ", gain.cols(),
          ", expected 1 x ", d);
  for (const auto* sum : {&to.dgain, &to.dbias}) {
    require(sum->rows == 0 || (sum->rows == 1 && sum->cols == d), "normalize: the gradient of gain or bias is ",
            sum->rows, " x ", sum->cols, ", expected 1 x ", d);
  }
  require(to.dx.rows == 0 || (to.dx.rows == x.rows() && to.dx.cols == d), "normalize: the input's gradient is ",
          to.dx.rows, " x ", to.dx.cols, ", expected ", x.rows(), " x ", d);
  struct Use;
  const Index pieces = std::clamp<Index>(x.rows() / norm_grain(d), 1, thread_count());
  const Index width = round_up(d, 64);  // whole lines, so that threads share none
  T* const sums = scratch<Use, T>(2 * pieces * width);
  std::fill_n(sums, 2 * pieces * width, T{0});
  with_level([&](auto code) {
    parallel_for(pieces, 1, [&](Index first, Index last) {
      for (Index piece = first; piece < last; ++piece) {
        const Index begin = x.rows() * piece / pieces;
        const Index end = x.rows() * (piece + 1) / pieces;
        NormGradient<T> n{end - begin, d, x.data() + begin * x.outerStride(), x.outerStride(), gain.data()};
        n.mean = state.mean != nullptr ? state.mean + begin : nullptr;
        n.inverse = state.inverse + begin;
        n.dy = dy.data() + begin * dy.outerStride();
        n.dy_row = dy.outerStride();
        n.dx = to.dx.rows > 0 ? to.dx.data + begin * to.dx.stride : nullptr;
        n.dx_row = to.dx.stride;
        n.add = to.mode_x == WriteMode::add;
        n.dgain = to.dgain.rows > 0 ? sums + 2 * piece * width : nullptr;
        n.dbias = to.dbias.rows > 0 ? sums + (2 * piece + 1) * width : nullptr;
        decltype(code)::norm_gradient(n);
      }
    });
  });
  for (Index piece = 0; piece < pieces; ++piece) {
    const auto put = [&](const MatrixRef<T>& sum, WriteMode mode, const T* part) {
      for (Index j = 0; j < sum.rows * d; ++j) {
        sum.data[j] = piece == 0 && mode == WriteMode::overwrite ? part[j] : sum.data[j] + part[j];
      }
    };
    put(to.dgain, to.mode_gain, sums + 2 * piece * width);
    put(to.dbias, to.mode_bias, sums + (2 * piece + 1) * width);
  }
}

AMPSFT_INSTANCE(void normalize(const ConstView<float>&, const ConstView<float>&, const ConstView<float>&, double,
                               NormState<float>, View<float>));
AMPSFT_INSTANCE(void normalize(const ConstView<double>&, const ConstView<double>&, const ConstView<double>&, double,
                               NormState<double>, View<double>));
AMPSFT_INSTANCE(void normalize_gradient(const ConstView<float>&, const ConstView<float>&, NormState<const float>,
                                        const ConstView<float>&, const NormGradients<float>&));
AMPSFT_INSTANCE(void normalize_gradient(const ConstView<double>&, const ConstView<double>&, NormState<const double>,
                                        const ConstView<double>&, const NormGradients<double>&));

}  // namespace ampsft
