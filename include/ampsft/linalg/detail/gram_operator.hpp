// SPDX-License-Identifier: MIT
/// @file
/// The Gram matrix of a stack as something that is only multiplied with: a pass over the rows for each block of
/// vectors.
#pragma once

#include <ampsft/linalg/detail/moments.hpp>
#include <ampsft/simd/detail/run_outer.hpp>
#include <ampsft/simd/project.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <vector>

namespace ampsft::detail {

/// `G V` with `G = scale^2 sum (x - m)' (x - m)`, `m` the mean or 0, and `V` of few columns.
///
/// A tile of rows is centred, multiplied with `V`, and its scores with it, while it stays in the second-level cache.
/// Both products are taken in `S`, the sums over tiles in double. The first pass also finds mean and energies, and the
/// first one in double finds them again.
template <Scalar T>
class GramOperator {
 public:
  GramOperator(const Stack<T>& stack, bool centred) : stack_(&stack), centred_(centred), frame_(sampled_frame(stack)) {
    moments_.scale = frame_.scale;
  }

  /// `G V`, `d x b`: `4 n d b` operations; `2 d b` doubles a thread. Throws on a NaN or an infinity.
  template <Scalar S>
  [[nodiscard]] Eigen::MatrixXd times(const Eigen::MatrixXd& vectors) {
    const bool finds_moments = moments_.count == 0 || (std::same_as<S, double> && !in_double_);
    Eigen::MatrixXd product = pass<S>(vectors, finds_moments);
    ++passes_;
    if (moments_.count == 0 && !first_sums_are_sound()) {
      rescale(*stack_, frame_);
      product = pass<S>(vectors, true);
      passes_ += 2;
      require(std::isfinite(squares_), "the rows hold numbers too large to square, whatever their scale");
    }
    if (finds_moments) {
      find_moments();
      in_double_ = std::same_as<S, double>;
    }
    const auto n = static_cast<double>(moments_.count);
    const Eigen::RowVectorXd step = column_sums_ / n;
    product.noalias() -= n * step.transpose() * (step * vectors);
    if (!centred_) {
      const Eigen::RowVectorXd mean = frame_.scale * moments_.mean;
      product.noalias() += n * mean.transpose() * (mean * vectors);
    }
    return product;
  }

  /// Mean and energies, after the first product; `gram` stays empty.
  [[nodiscard]] const Moments& moments() const noexcept { return moments_; }
  [[nodiscard]] int passes() const noexcept { return passes_; }

 private:
  struct Part {
    Eigen::MatrixXd product;  // by row: b x d
    Eigen::RowVectorXd column_sums;
    double squares = 0.0;
  };

  template <Scalar S>
  [[nodiscard]] Eigen::MatrixXd pass(const Eigen::MatrixXd& vectors, bool finds_moments) {
    const Index width = stack_->width();
    const Index count = vectors.cols();
    const EigenMatrix<S> components = vectors.transpose().template cast<S>();
    const EigenMatrix<S> centre = frame_.centre.template cast<S>();
    const auto scale = static_cast<S>(frame_.scale);
    constexpr Index cached = (Index{512} << 10) / static_cast<Index>(sizeof(S));
    const Index tile = std::clamp<Index>(cached / width / 8 * 8, 24, 256);
    const Index pieces = stack_->pieces(std::max<Index>(512, 4 * tile));
    std::vector<Part> parts(static_cast<std::size_t>(pieces));
    parallel_for(pieces, 1, [&](Index first, Index last) {
      for (Index piece = first; piece < last; ++piece) {
        Part& part = parts[static_cast<std::size_t>(piece)];
        part.product = Eigen::MatrixXd::Zero(width, count);
        part.column_sums = Eigen::RowVectorXd::Zero(width);
        EigenMatrix<S> rows(tile, width);
        EigenMatrix<S> scores(tile, count);
        EigenMatrix<S> sum(count, width);
        const auto flush = [&] { part.product += sum.transpose().template cast<double>(); };
        Index summed = 0;
        sum.setZero();
        const auto add = [&](const ConstStridedMap<T>& given) {
          const Index n = given.rows();
          auto x = rows.topRows(n);
          x = (given.template cast<S>().rowwise() - centre.row(0)) * scale;
          if (finds_moments) {
            part.column_sums += x.colwise().sum().template cast<double>();
            part.squares += static_cast<double>(x.squaredNorm());
          }
          auto y = scores.topRows(n);
          project<S>(x, components, y);
          simd::detail::run_outer<S>(n, count, width, scores.data(), count, rows.data(), width, sum.data(), width,
                                     true);
          summed += n;
          if (summed >= 256) {
            flush();
            sum.setZero();
            summed = 0;
          }
        };
        stack_->for_tiles(stack_->rows() * piece / pieces, stack_->rows() * (piece + 1) / pieces, tile, add);
        flush();
      }
    });
    for (std::size_t piece = 1; piece < parts.size(); ++piece) {
      parts.front().product += parts[piece].product;
      parts.front().column_sums += parts[piece].column_sums;
      parts.front().squares += parts[piece].squares;
    }
    if (finds_moments) {
      column_sums_ = parts.front().column_sums;
      squares_ = parts.front().squares;
    }
    return std::move(parts.front().product);
  }

  [[nodiscard]] bool first_sums_are_sound() const {
    return std::isfinite(squares_) && squares_ >= static_cast<double>(stack_->rows()) * 1e-24;
  }

  void find_moments() {
    const double s = frame_.scale;
    const auto n = static_cast<double>(stack_->rows());
    moments_.count = stack_->rows();
    moments_.scale = s;
    moments_.mean = frame_.centre + column_sums_ / n / s;
    const double within = std::max(0.0, squares_ - column_sums_.squaredNorm() / n) / s / s;
    moments_.raw_energy = within + n * moments_.mean.squaredNorm();
    moments_.energy = centred_ ? within : moments_.raw_energy;
    require(std::isfinite(moments_.raw_energy), "the rows hold numbers too large to square; scale them down");
  }

  const Stack<T>* stack_;
  bool centred_;
  Frame frame_;
  Moments moments_;
  Eigen::RowVectorXd column_sums_;  // scaled, around the frame's centre
  double squares_ = 0.0;
  bool in_double_ = false;  // whether these were summed so
  int passes_ = 0;
};

}  // namespace ampsft::detail
