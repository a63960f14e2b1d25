// SPDX-License-Identifier: MIT
/// @file
/// `Contract` from one call on many matrices to kernels on blocks: packs once, spreads rows over threads.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/rows.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <algorithm>
#include <span>

namespace ampsft::simd::detail {

/// The small factor of a `Contract`, laid out for the kernel that its rank and row count ask for.
template <class Code, class T>
struct ContractFactor {
  bool by_columns = false;  // for `contract`, else for `dot`
  const T* p = nullptr;
  Index p_row = 0;
  bool far = false;      // the long rows come from beyond the second-level cache
  Index block_cols = 0;  // columns whose part of P stays in the first-level cache while rows pass

  ContractFactor(const Strided<T>& source, Index rank, Index cols, Index rows) {
    constexpr Index lanes = Code::template lanes<T>;
    constexpr Index near = Index{1} << 20;
    far = rows * cols * static_cast<Index>(sizeof(T)) > near;
    constexpr Index few_rows = 32;  // packing would cost more than it saves
    by_columns = rank > Code::template dot_limit<T> && rows >= few_rows;
    if (by_columns) {
      p_row = round_up(rank, lanes);
      block_cols = by_columns_block(p_row / lanes);
    } else {
      block_cols = by_rows_block;
      if (source.in_place() && rows < few_rows) {
        p = source.data;
        p_row = source.k_stride;
        return;
      }
      p_row = round_up(cols, 16) + 16;  // no power of 2, whose rows would fall on the same cache lines
    }
    struct Use;
    T* const packed = scratch<Use, T>(by_columns ? cols * p_row : rank * p_row);
    by_columns ? pack_columns(source, rank, cols, p_row, packed) : pack_rows(source, rank, cols, p_row, packed);
    p = packed;
  }

  /// The factor's part for columns from `col` on.
  [[nodiscard]] const T* from(Index col) const noexcept { return by_columns ? p + col * p_row : p + col; }

 private:
  static constexpr Index by_rows_block = 1024;

  static constexpr Index by_columns_block(Index registers) noexcept {
    constexpr Index bytes = Index{32} << 10;
    return bytes / (64 * std::clamp<Index>(registers, 1, 4)) / 16 * 16;
  }
};

/// `S = (X - 1 mean') P'` for rows of one thread, in blocks that stay in a cache. `residuals`, or none: the squared
/// norm of each row less that of its scores. `reach`: rows from the first on that will be wanted, if more than these.
template <class Code, class T, class X>
void contract_rows(const MatrixRef<const X>& x, const MatrixRef<T>& s, const ContractFactor<Code, T>& factor,
                   const T* mean, T* residuals, bool accumulate, Index reach = 0) {
  const Index cols = x.cols;
  const Index rank = s.cols;
  constexpr Index line = 64;
  // Blocks of columns of equal width, whole lines each.
  const Index blocks = (cols + factor.block_cols - 1) / factor.block_cols;
  const Index block_cols =
      blocks > 0 ? round_up((cols + blocks - 1) / blocks, line / static_cast<Index>(sizeof(T))) : 0;
  const bool staged = factor.by_columns && (!std::same_as<T, X> || mean != nullptr || residuals != nullptr);
  struct Use;
  T* const buffer = staged ? scratch<Use, T>(block_rows * block_cols) : nullptr;
  for (Index row = 0; row < x.rows; row += block_rows) {
    Contract<T, X> c;
    c.rank = rank;
    c.rows = std::min(block_rows, x.rows - row);
    c.x_row = x.stride;
    c.s = s.data + row * s.stride;
    c.s_row = s.stride;
    c.p_row = factor.p_row;
    c.reach = factor.far ? std::max(reach, x.rows) - row : 0;
    c.squares = residuals != nullptr ? residuals + row : nullptr;
    if (c.squares != nullptr) {
      std::fill_n(c.squares, c.rows, T{0});
    }
    for (Index col = 0; col < cols; col += block_cols) {
      c.cols = std::min(block_cols, cols - col);
      c.accumulate = accumulate || col > 0;
      c.x = x.data + row * x.stride + col;
      c.mean = mean != nullptr ? mean + col : nullptr;
      c.p = factor.from(col);
      if (!factor.by_columns) {
        Code::dot(c);
      } else if (staged) {
        Code::stage(Stage<T, X>{c.rows, c.cols, c.x, c.x_row, c.mean, buffer, block_cols, c.squares, c.reach});
        Code::contract(Contract<T>{c.rows, c.cols, rank, buffer, block_cols, nullptr, nullptr, c.p, c.p_row, c.s,
                                   c.s_row, c.accumulate});
      } else if constexpr (std::same_as<T, X>) {
        Code::contract(c);
      }
    }
    if (c.squares != nullptr) {
      Code::residual(Residual<T>{c.rows, rank, c.s, c.s_row, c.squares});
    }
    if (cols == 0 && !accumulate) {
      for (Index r = 0; r < c.rows; ++r) {
        std::fill_n(c.s + r * c.s_row, rank, T{0});
      }
    }
  }
}

// The fields of a job of either entry point.
template <class T, class X>
const MatrixRef<const X>& long_rows(const ProjectJob<T, X>& job) noexcept {
  return job.gradient;
}
template <class T, class X>
const MatrixRef<const X>& long_rows(const ExtractJob<T, X>& job) noexcept {
  return job.weights;
}
template <class T, class X>
T* residuals_of(const ProjectJob<T, X>&) noexcept {
  return nullptr;
}
template <class T, class X>
T* residuals_of(const ExtractJob<T, X>& job) noexcept {
  return job.residuals.rows == 1 ? job.residuals.data : nullptr;
}

/// `S = (X - 1 mean') P'` for every job, or added to `S`; `X` may be bfloat16.
template <class T, class Job>
void run_contract(std::span<const Job> jobs, Index cols, Index rank, const Strided<T>& p, const T* mean,
                  bool accumulate) {
  const auto rows_of = [](const Job& job) { return long_rows(job).rows; };
  Index rows = 0;
  for (const auto& job : jobs) {
    rows += rows_of(job);
  }
  with_level([&](auto code) {
    const ContractFactor<decltype(code), T> factor(p, rank, cols, rows);
    for_rows(jobs, rank * cols, rows_of, [&](const Job& job, Index first, Index count) {
      const auto& x = long_rows(job);
      T* const residuals = residuals_of(job);
      using X = std::remove_cvref_t<decltype(*x.data)>;
      contract_rows<decltype(code), T, X>({x.data + first * x.stride, count, cols, x.stride},
                                          {job.scores.data + first * job.scores.stride, count, rank, job.scores.stride},
                                          factor, mean, residuals != nullptr ? residuals + first : nullptr, accumulate);
    });
  });
}

AMPSFT_INSTANCE(void run_contract(std::span<const ProjectJob<float>>, Index, Index, const Strided<float>&, const float*,
                                  bool));
AMPSFT_INSTANCE(void run_contract(std::span<const ProjectJob<double>>, Index, Index, const Strided<double>&,
                                  const double*, bool));
AMPSFT_INSTANCE(void run_contract(std::span<const ProjectJob<float, BFloat16>>, Index, Index, const Strided<float>&,
                                  const float*, bool));
AMPSFT_INSTANCE(void run_contract(std::span<const ExtractJob<float>>, Index, Index, const Strided<float>&, const float*,
                                  bool));
AMPSFT_INSTANCE(void run_contract(std::span<const ExtractJob<double>>, Index, Index, const Strided<double>&,
                                  const double*, bool));
AMPSFT_INSTANCE(void run_contract(std::span<const ExtractJob<float, BFloat16>>, Index, Index, const Strided<float>&,
                                  const float*, bool));

}  // namespace ampsft::simd::detail
