// SPDX-License-Identifier: MIT
/// @file
/// A random mask, made where it is used.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/drop_elements.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ampsft {

/// `y = x mask / (1 - p)`, or added to `y`: each element of the mask is 0 with probability `p`, else 1.
///
/// The mask follows from the seed and the matrix's size alone, at every level and with any number of threads; `p` is
/// taken as a multiple of 2^-32. `y` may be `x`. Throws `Error` if the shapes differ, rows have gaps between them, or
/// `p` is not in [0, 1). Cost: a pass over the matrix.
template <Scalar T>
void dropout(const ConstView<T>& x, std::type_identity_t<View<T>> y, double p, std::uint64_t seed,
             WriteMode mode = WriteMode::overwrite) {
  require(p >= 0.0 && p < 1.0, "dropout: the probability must be in [0, 1), not ", p);
  require(x.rows() == y.rows() && x.cols() == y.cols(), "dropout: ", x.rows(), " x ", x.cols(), " and ", y.rows(),
          " x ", y.cols(), " differ in shape");
  require(x.outerStride() == x.cols() && y.outerStride() == y.cols(), "dropout: the rows must follow without gaps");
  namespace kernel = simd::detail;
  constexpr double most = std::numeric_limits<std::uint32_t>::max();
  const auto threshold = static_cast<std::uint32_t>(std::min(std::round(p * 0x1p32), most));
  const auto kept = static_cast<T>(1.0 / (1.0 - p));
  const Index count = x.rows() * x.cols();
  kernel::with_level([&](auto code) {
    parallel_for((count + kernel::drop_piece - 1) / kernel::drop_piece, 4, [&](Index begin, Index end) {
      for (Index piece = begin; piece < end; ++piece) {
        const Index first = piece * kernel::drop_piece;
        decltype(code)::drop(kernel::DropElements<T>{std::min(kernel::drop_piece, count - first), x.data() + first,
                                                     y.data() + first, kept, threshold,
                                                     seed + static_cast<std::uint64_t>(piece), mode == WriteMode::add});
      }
    });
  });
}

AMPSFT_INSTANCE(void dropout(const ConstView<float>&, View<float>, double, std::uint64_t, WriteMode));
AMPSFT_INSTANCE(void dropout(const ConstView<double>&, View<double>, double, std::uint64_t, WriteMode));

}  // namespace ampsft
