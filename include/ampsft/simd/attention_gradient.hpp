// SPDX-License-Identifier: MIT
/// @file
/// The gradients of attention, tile by tile; the same bit for bit for the same thread count.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/attention.hpp>

#include <algorithm>

namespace ampsft {

/// Where the gradients of an attention go; matrices without data are not wanted. They are filled in this order, so that
/// one matrix may stand for several, which then add.
template <Scalar T>
struct AttentionGradients {
  MatrixRef<T> dq{};
  WriteMode mode_q = WriteMode::overwrite;
  MatrixRef<T> dk{};
  WriteMode mode_k = WriteMode::overwrite;
  MatrixRef<T> dv{};
  WriteMode mode_v = WriteMode::overwrite;
};

namespace simd::detail {

/// The gradients of keys and values that a thread has of a unit which it shares: `keys x width` each, two units a
/// thread, its first and its last.
template <class T>
struct SharedGradients {
  T* data;
  Index keys;
  Index width;

  static Index size(Index threads, Index keys, Index width) noexcept { return 4 * threads * keys * width; }
  /// `piece.begin > 0`: others have the unit's beginning, so it is the thread's first.
  [[nodiscard]] T* dk(Index thread, const AttentionPiece& piece) const noexcept {
    return data + (2 * thread + (piece.begin > 0 ? 0 : 1)) * 2 * keys * width;
  }
  [[nodiscard]] T* dv(Index thread, const AttentionPiece& piece) const noexcept {
    return dk(thread, piece) + keys * width;
  }
};

template <class T>
void put_shared(const T* from, Index rows, Index cols, T* to, Index to_row, bool add) {
  for (Index i = 0; to != nullptr && i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) {
      to[i * to_row + j] = (add ? to[i * to_row + j] : T{0}) + from[i * cols + j];
    }
  }
}

}  // namespace simd::detail

/// The gradients of `attention` from the one of its result.
///
/// Shapes: as there; `y` and `log_sum` are what it gave; `dy` has the shape of `y`, `dq` of `q`, `dk` and `dv` of `k`.
/// Throws `Error` as there. Cost: `5 h` multiply-adds a query and key that it sees. Memory: each thread
/// keeps five copies of one head's keys; where threads share heads, four more of their gradients.
template <Scalar T>
void attention_gradient(const ConstView<T>& q, std::type_identity_t<const ConstView<T>&> k,
                        std::type_identity_t<const ConstView<T>&> v, const AttentionShape& shape, double scale,
                        std::span<const std::int32_t> first, std::type_identity_t<const ConstView<T>&> y,
                        std::type_identity_t<std::span<const T>> log_sum, std::type_identity_t<const ConstView<T>&> dy,
                        const AttentionGradients<T>& to) {
  using namespace simd::detail;
  const AttentionUnits<T> units = attention_units<T>(q, k, v, shape, scale, first);
  const auto check = [](const char* what, Index rows, Index cols, Index right_rows, Index right_cols) {
    require(rows == right_rows && cols == right_cols, "attention: ", what, " is ", rows, " x ", cols, ", expected ",
            right_rows, " x ", right_cols);
  };
  check("the result", y.rows(), y.cols(), q.rows(), q.cols());
  check("the result's gradient", dy.rows(), dy.cols(), q.rows(), q.cols());
  check("the log-sums", static_cast<Index>(log_sum.size()), 1, q.rows() * shape.heads, 1);
  for (const auto& [what, gradient, rows, cols] : {std::tuple("the queries' gradient", &to.dq, q.rows(), q.cols()),
                                                   std::tuple("the keys' gradient", &to.dk, k.rows(), k.cols()),
                                                   std::tuple("the values' gradient", &to.dv, k.rows(), k.cols())}) {
    if (gradient->data != nullptr) {
      check(what, gradient->rows, gradient->cols, rows, cols);
    }
  }
  if (q.rows() == 0) {
    return;
  }
  struct Use;
  struct Shared;
  const Index keys = units.shape.keys;
  const Index width = units.shape.width;
  const Index size = AttentionBackwardScratch<T>(nullptr, keys, width).size;
  const Index threads = attention_threads(units);
  const Index blocks = units.unit_blocks();
  bool shares = false;
  for (Index thread = 0; thread < threads; ++thread) {
    for_attention_pieces(units, threads, thread,
                         [&](const AttentionPiece& piece) { shares = shares || piece.end - piece.begin < blocks; });
  }
  const Index shared_size = shares ? SharedGradients<T>::size(threads, keys, width) : 0;
  const SharedGradients<T> shared{scratch<Shared, T>(shared_size), keys, width};
  const auto start = [](const MatrixRef<T>& gradient, Index at) {
    return gradient.data != nullptr ? gradient.data + at : nullptr;
  };
  with_level([&](auto code) {
    parallel_for(threads, 1, [&](Index begin, Index end) {
      for (Index thread = begin; thread < end; ++thread) {
        for_attention_pieces(units, threads, thread, [&](const AttentionPiece& piece) {
          const AttentionPlace<T> place(units, piece.unit);
          AttentionGradient<T> a{units.shape};
          a.q = q.data() + place.query(q.outerStride());
          a.k = k.data() + place.key(k.outerStride());
          a.v = v.data() + place.key(v.outerStride());
          a.first = units.first(place.sequence);
          a.begin = piece.begin;
          a.end = piece.end;
          a.y = const_cast<T*>(y.data()) + place.query(y.outerStride());  // NOLINT: only read
          a.y_row = y.outerStride();
          a.log_sum = const_cast<T*>(log_sum.data()) + place.log_sum();  // NOLINT: only read
          a.scratch = scratch<Use, T>(size);
          a.dy = dy.data() + place.query(dy.outerStride());
          a.dy_row = dy.outerStride();
          a.dq = start(to.dq, place.query(to.dq.stride));
          a.dq_row = to.dq.stride;
          a.add_q = to.mode_q == WriteMode::add;
          const bool whole = piece.end - piece.begin == blocks;
          a.dk = whole || to.dk.data == nullptr ? start(to.dk, place.key(to.dk.stride)) : shared.dk(thread, piece);
          a.dk_row = whole ? to.dk.stride : width;
          a.add_k = whole && to.mode_k == WriteMode::add;
          a.dv = whole || to.dv.data == nullptr ? start(to.dv, place.key(to.dv.stride)) : shared.dv(thread, piece);
          a.dv_row = whole ? to.dv.stride : width;
          a.add_v = whole && to.mode_v == WriteMode::add;
          decltype(code)::attention_backward(a);
        });
      }
    });
  });
  for (Index thread = 0; shares && thread < threads; ++thread) {
    for_attention_pieces(units, threads, thread, [&](const AttentionPiece& piece) {
      if (piece.end - piece.begin == blocks) {
        return;
      }
      const AttentionPlace<T> place(units, piece.unit);
      const bool later = piece.begin > 0;  // the thread that has the unit's beginning comes first
      put_shared(shared.dk(thread, piece), keys, width, start(to.dk, place.key(to.dk.stride)), to.dk.stride,
                 later || to.mode_k == WriteMode::add);
      put_shared(shared.dv(thread, piece), keys, width, start(to.dv, place.key(to.dv.stride)), to.dv.stride,
                 later || to.mode_v == WriteMode::add);
    });
  }
}

AMPSFT_INSTANCE(void attention_gradient(const ConstView<float>&, const ConstView<float>&, const ConstView<float>&,
                                        const AttentionShape&, double, std::span<const std::int32_t>,
                                        const ConstView<float>&, std::span<const float>, const ConstView<float>&,
                                        const AttentionGradients<float>&));
AMPSFT_INSTANCE(void attention_gradient(const ConstView<double>&, const ConstView<double>&, const ConstView<double>&,
                                        const AttentionShape&, double, std::span<const std::int32_t>,
                                        const ConstView<double>&, std::span<const double>, const ConstView<double>&,
                                        const AttentionGradients<double>&));

}  // namespace ampsft
