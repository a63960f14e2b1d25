// SPDX-License-Identifier: MIT
/// @file
/// What the tests of the kernels share: matrices at odd places, random shapes, levels and thread counts put back.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/simd/level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <cstring>
#include <limits>
#include <vector>

namespace ampsft::test {

/// Runs the kernels of one level while it lives.
class UseLevel {
 public:
  explicit UseLevel(simd::Level wanted) : former_(simd::level()) { simd::set_level(wanted); }
  UseLevel(const UseLevel&) = delete;
  UseLevel& operator=(const UseLevel&) = delete;
  ~UseLevel() { simd::set_level(former_); }

 private:
  simd::Level former_;
};

/// Runs with so many threads while it lives.
class UseThreads {
 public:
  explicit UseThreads(int count) { set_thread_count(count); }
  UseThreads(const UseThreads&) = delete;
  UseThreads& operator=(const UseThreads&) = delete;
  ~UseThreads() { set_thread_count(0); }
};

/// Arithmetic in `T`, the long rows stored as `W`.
template <class Arithmetic, class Stored>
struct Format {
  using T = Arithmetic;
  using W = Stored;
};
using Fp32 = Format<float, float>;
using Fp64 = Format<double, double>;
using Bf16 = Format<float, BFloat16>;

/// A matrix of random numbers within a buffer that ends, or not, with its last element. Where it starts, how far apart
/// its rows lie and what is around it are drawn. NaNs fill the gaps: an element that is read by mistake shows in the
/// result, and a buffer without a margin lets the address sanitizer see it.
template <class T>
class Placed {
 public:
  Placed(Index rows, Index cols, Random& random, double amplitude = 1.0) : rows_(rows), cols_(cols) {
    constexpr auto line = static_cast<Index>(64 / sizeof(T));
    const bool on_lines = random.below(3) == 0;  // what streaming stores ask for
    first_ = on_lines || random.below(3) == 0 ? 0 : 1 + random.below(line);
    stride_ = on_lines ? (cols + line - 1) / line * line : cols + (random.below(2) == 0 ? 0 : 1 + random.below(9));
    const Index margin = random.below(2) == 0 ? 0 : 1 + random.below(line);
    const Index extent = rows > 0 ? (rows - 1) * stride_ + cols : 0;
    buffer_.assign(static_cast<std::size_t>(first_ + extent + margin), std::numeric_limits<T>::quiet_NaN());
    fill([&] { return amplitude * (2 * random.uniform() - 1); });
  }

  [[nodiscard]] Index rows() const { return rows_; }
  [[nodiscard]] Index cols() const { return cols_; }

  /// Numbers from `draw`, also for `restore`.
  template <class Draw>
  void fill(Draw&& draw) {
    for (Index i = 0; i < rows_; ++i) {
      for (Index j = 0; j < cols_; ++j) {
        buffer_[at(i, j)] = static_cast<T>(draw());
      }
    }
    original_ = buffer_;
  }

  void put(Index i, Index j, T value) { buffer_[at(i, j)] = original_[at(i, j)] = value; }

  /// What was put there first: what a kernel reads, whatever it wrote since.
  [[nodiscard]] double operator()(Index i, Index j) const { return static_cast<double>(original_[at(i, j)]); }

  /// What is there now.
  [[nodiscard]] double now(Index i, Index j) const { return static_cast<double>(buffer_[at(i, j)]); }

  void restore() { std::copy(original_.begin(), original_.end(), buffer_.begin()); }

  [[nodiscard]] StridedMap<T> view() { return {buffer_.data() + first_, rows_, cols_, Eigen::OuterStride<>(stride_)}; }

  /// Whether the bytes before, between and after the rows are what they were.
  [[nodiscard]] bool untouched_around() const {
    std::size_t from = 0;
    for (Index i = 0; i < rows_; ++i) {
      if (!same_bytes(from, at(i, 0))) {
        return false;
      }
      from = at(i, 0) + static_cast<std::size_t>(cols_);
    }
    return same_bytes(from, buffer_.size());
  }

 private:
  [[nodiscard]] std::size_t at(Index i, Index j) const { return static_cast<std::size_t>(first_ + i * stride_ + j); }

  [[nodiscard]] bool same_bytes(std::size_t from, std::size_t to) const {
    return from == to || std::memcmp(&buffer_[from], &original_[from], (to - from) * sizeof(T)) == 0;
  }

  Index rows_ = 0;
  Index cols_ = 0;
  Index first_ = 0;
  Index stride_ = 0;
  std::vector<T, AlignedAllocator<T>> buffer_;
  std::vector<T, AlignedAllocator<T>> original_;
};

/// Puts a NaN or an infinity somewhere, mostly where a kernel has its tails: in the last row or column.
template <class T>
void poison(Placed<T>& matrix, Random& random) {
  if (matrix.rows() == 0) {
    return;
  }
  const T infinity = std::numeric_limits<T>::infinity();
  const T values[] = {std::numeric_limits<T>::quiet_NaN(), infinity, -infinity};
  const Index i = random.below(3) == 0 ? random.below(matrix.rows()) : matrix.rows() - 1;
  const Index j = random.below(3) == 0 ? random.below(matrix.cols()) : matrix.cols() - 1;
  matrix.put(i, j, values[random.below(3)]);
}

/// `W` is `n x d`, of rank `K`.
struct Shape {
  Index n, d, k;
};

/// Mostly small and odd; sometimes one extent is large, so that every block size of the kernels is passed.
inline Shape draw_shape(Random& random) {
  constexpr Index most_work = 60'000;  // multiply-adds
  Shape shape{random.below(81), 1 + random.below(320), 1 + random.below(64)};
  switch (random.below(16)) {
    case 0:
      shape.n = 1000;
      break;
    case 1:
      shape.d = 1 + random.below(1500);
      break;
    case 2:
      shape.k = 1 + random.below(256);
      break;
    default:
      break;
  }
  while (shape.n * shape.d * shape.k > most_work) {
    Index* const extents[] = {&shape.n, &shape.d, &shape.k};
    Index& extent = *extents[random.below(3)];
    extent = (extent + 1) / 2;
  }
  return shape;
}

}  // namespace ampsft::test
