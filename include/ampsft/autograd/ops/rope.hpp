// SPDX-License-Identifier: MIT
/// @file
/// Rotary positions: pairs of a head's numbers are rotated by angles that grow with the token's position.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/rope_config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

/// Cosines and sines of `position * frequency`, computed once in double, for every position of a context.
template <Scalar T>
class RopeTable {
 public:
  /// For positions `0` to `positions - 1`. `frequencies`: radians a position, one a pair, as model and scaling have
  /// them; `magnitude` multiplies what is rotated. Throws `Error` for no frequency or position. Memory: two `T` a
  /// position and pair.
  RopeTable(std::span<const double> frequencies, Index positions, double magnitude = 1.0)
      : pairs_(static_cast<Index>(frequencies.size())), positions_(positions) {
    require(pairs_ >= 1 && positions >= 1, "rotary: ", pairs_, " frequencies and ", positions,
            " positions; there must be at least one of each");
    turns_.resize(static_cast<std::size_t>(positions * 2 * pairs_));
    auto to = turns_.begin();
    for (Index position = 0; position < positions; ++position) {
      for (const double frequency : frequencies) {
        *to++ = static_cast<T>(magnitude * std::cos(static_cast<double>(position) * frequency));
      }
      for (const double frequency : frequencies) {
        *to++ = static_cast<T>(magnitude * std::sin(static_cast<double>(position) * frequency));
      }
    }
  }

  [[nodiscard]] Index pairs() const noexcept { return pairs_; }
  [[nodiscard]] Index positions() const noexcept { return positions_; }
  /// The cosines of a position, one a pair; its sines follow them.
  [[nodiscard]] const T* at(Index position) const noexcept { return turns_.data() + position * 2 * pairs_; }

 private:
  Index pairs_;
  Index positions_;
  std::vector<T> turns_;
};

namespace ops {

/// `y = R(position) x` for every head of every token (Su et al. 2021); its gradient turns back.
template <Scalar T>
struct Rope {
  Variable<T> x;  // T x (heads * h)
  std::shared_ptr<const RopeTable<T>> table;
  Saved<std::int32_t> positions;  // T
  Index heads;
  RopePairing pairing;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const { turn(x.map(), map(y), T{1}, WriteMode::overwrite); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const auto sink = x.sink();
    turn(map(dy), sink.map(), T{-1}, sink.mode());
  }

 private:
  /// `direction` -1 turns back.
  void turn(const ConstMatrixMap<T>& from, MatrixMap<T> to, T direction, WriteMode mode) const {
    if (pairing == RopePairing::halves) {
      turn_rows<Halves>(from, to, direction, mode);
    } else {
      turn_rows<Neighbours>(from, to, direction, mode);
    }
  }

  template <class Turn>
  void turn_rows(const ConstMatrixMap<T>& from, MatrixMap<T> to, T direction, WriteMode mode) const {
    const Index width = cols() / heads;
    const Index pairs = table->pairs();
    parallel_for(rows(), 16384 / cols() + 1, [&](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        const T* const turns = table->at(positions.data()[row]);
        for (Index head = 0; head < heads; ++head) {
          const Index at = row * cols() + head * width;
          const T* const a = from.data() + at;
          T* const y = to.data() + at;
          if (mode == WriteMode::overwrite) {
            Turn::template apply<false>(a, turns, pairs, direction, y);
            std::copy(a + 2 * pairs, a + width, y + 2 * pairs);
          } else {
            Turn::template apply<true>(a, turns, pairs, direction, y);
            std::transform(a + 2 * pairs, a + width, y + 2 * pairs, y + 2 * pairs, std::plus<>());
          }
        }
      }
    });
  }

  /// Pairs are a number of the first half of a head and the one at its place in the second.
  struct Halves {
    template <bool Add>
    static void apply(const T* __restrict a, const T* __restrict turns, Index pairs, T direction, T* __restrict y) {
      const T* const sine = turns + pairs;
      for (Index j = 0; j < pairs; ++j) {
        const T first = a[j] * turns[j] - direction * a[pairs + j] * sine[j];
        const T second = a[pairs + j] * turns[j] + direction * a[j] * sine[j];
        y[j] = Add ? y[j] + first : first;
        y[pairs + j] = Add ? y[pairs + j] + second : second;
      }
    }
  };

  /// Pairs are neighbours.
  struct Neighbours {
    template <bool Add>
    static void apply(const T* __restrict a, const T* __restrict turns, Index pairs, T direction, T* __restrict y) {
      const T* const sine = turns + pairs;
      for (Index j = 0; j < pairs; ++j) {
        const T first = a[2 * j] * turns[j] - direction * a[2 * j + 1] * sine[j];
        const T second = a[2 * j + 1] * turns[j] + direction * a[2 * j] * sine[j];
        y[2 * j] = Add ? y[2 * j] + first : first;
        y[2 * j + 1] = Add ? y[2 * j + 1] + second : second;
      }
    }
  };
};

}  // namespace ops

/// Turns the first `2 * pairs` numbers of every head by the angles of its token's position; the others stay.
///
/// Shapes: `x` and the result `T x (heads * h)`; `positions` `T`. Throws `Error` if `heads` does not divide the
/// columns, a head has fewer numbers than the table has, or a position is outside of the table.
template <Scalar T>
[[nodiscard]] Variable<T> apply_rope(Variable<T> x, std::shared_ptr<const RopeTable<T>> table,
                                     std::span<const std::int32_t> positions, Index heads, RopePairing pairing) {
  require(table != nullptr, "rotary: there is no table");
  require(heads > 0 && x.cols() % heads == 0, "rotary: ", x.cols(), " columns do not split into ", heads, " heads");
  require(2 * table->pairs() <= x.cols() / heads, "rotary: ", table->pairs(), " pairs do not fit into heads of width ",
          x.cols() / heads);
  require(static_cast<Index>(positions.size()) == x.rows(), "rotary: ", positions.size(), " positions for ", x.rows(),
          " tokens");
  for (const auto position : positions) {
    require(position >= 0 && position < table->positions(), "rotary: position ", position, " is outside of a table of ",
            table->positions(), "; make a longer one");
  }
  return x.tape().apply(ops::Rope<T>{x, std::move(table), x.tape().save(positions), heads, pairing});
}

}  // namespace ampsft
