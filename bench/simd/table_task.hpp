// SPDX-License-Identifier: MIT
/// @file
/// One case with its matrices: how ampsft and the peers do it, what it moves and computes.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/simd/factored.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "simd/table_cases.hpp"
#include "support/peers.hpp"

namespace bench {

/// Matrices of a case; `T` computes, `L` is the large matrix. Letters as in the paper: `W` `n x d`, `S` `n x K`, `B`
/// `K x d`; for the layer in factors `y` `n x d`, `z` `n x K`, scores `d x K`.
template <class T, class L = T>
class Task {
 public:
  explicit Task(const Case& what)
      : case_(what),
        large_(random<L>(what.rows, what.cols)),
        small_(random<T>(what.rows, what.rank)),
        basis_(factored() ? random<T>(what.cols, what.rank) : random<T>(what.rank, what.cols)),
        mean_(random<T>(1, what.cols)),
        shift_(ampsft::make_matrix<T>(1, what.rank, T{0})),
        residuals_(ampsft::make_matrix<T>(1, what.rows, T{0})) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  void run_ours() {
    using ampsft::map;
    if constexpr (!std::is_same_v<T, L>) {
      ampsft::require(case_.operation == Operation::reconstruct, "bfloat16 is compared in reconstruct alone");
      ampsft::reconstruct<T, L>(map(small_), map(basis_), map(mean_), map(large_));
    } else {
      switch (case_.operation) {
        case Operation::reconstruct:
          return ampsft::reconstruct<T>(map(small_), map(basis_), map(mean_), map(large_));
        case Operation::project:
          return ampsft::project<T>(map(large_), map(basis_), map(small_));
        case Operation::extract:
          return ampsft::extract<T>(map(large_), map(basis_), map(mean_), map(small_));
        case Operation::factored_output:
          return ampsft::factored_output<T>(map(small_), map(basis_), map(large_));
        case Operation::factored_input_gradient:
          return ampsft::factored_input_gradient<T>(map(large_), map(basis_), map(small_));
        case Operation::factored_scores_gradient:
          return ampsft::factored_scores_gradient<T>(map(large_), map(small_), map(basis_));
      }
    }
  }

  /// Extraction is shown beside projection, without and with the residuals.
  [[nodiscard]] std::vector<Contender> relatives() {
    using ampsft::map;
    std::vector<Contender> all;
    if constexpr (std::is_same_v<T, L>) {
      if (case_.operation == Operation::extract) {
        all.push_back({"ampsft project", "", [this] { ampsft::project<T>(map(large_), map(basis_), map(small_)); }});
        all.push_back({"ampsft extract with residuals", "", [this] {
                         ampsft::extract<T>(map(large_), map(basis_), map(mean_), map(small_), map(residuals_));
                       }});
      }
    } else {
      other_ = ampsft::make_matrix<T>(case_.rows, case_.cols, T{0});
      all.push_back({"ampsft float output", "",
                     [this] { ampsft::reconstruct<T>(map(small_), map(basis_), map(mean_), map(other_)); }});
    }
    return all;
  }

  [[nodiscard]] std::vector<Contender> peers() {
    std::vector<Contender> all;
    const Case& w = case_;
    if constexpr (!std::is_same_v<T, L>) {
      add_rounded_peers({w.rows, w.cols, w.rank, small_.data(), basis_.data(), mean_.data()}, large_.data(), all);
    } else {
      T* const large = large_.data();
      T* const small = small_.data();
      T* const basis = basis_.data();
      switch (w.operation) {
        case Operation::reconstruct:
          add_peers<T>({w.rows, w.cols, w.rank, small, basis, mean_.data(), large}, all);
          break;
        case Operation::project:
          add_peers<T>({w.rows, w.rank, w.cols, large, basis, nullptr, small, false, true}, all);
          break;
        case Operation::extract:
          add_peers<T>({w.rows, w.rank, w.cols, large, basis, shift_.data(), small, false, true}, all);
          for (Contender& peer : all) {  // S = W B' - 1 (mu B'): less work than to take the mean away first
            peer.run = [this, product = peer.run] {
              ampsft::map(shift_).noalias() = -ampsft::map(mean_).lazyProduct(ampsft::map(basis_).transpose());
              product();
            };
          }
          break;
        case Operation::factored_output:
          add_peers<T>({w.rows, w.cols, w.rank, small, basis, nullptr, large, false, true}, all);
          break;
        case Operation::factored_input_gradient:
          add_peers<T>({w.rows, w.rank, w.cols, large, basis, nullptr, small}, all);
          break;
        case Operation::factored_scores_gradient:
          add_peers<T>({w.cols, w.rank, w.rows, large, small, nullptr, basis, true, false}, all);
          break;
      }
    }
    return all;
  }

  /// Throws where one of them does not give what ampsft gives.
  void require_agreement(const std::vector<Contender>& contenders) {
    run_ours();
    const std::vector<double> ours = sample();
    for (const Contender& contender : contenders) {
      spoil();
      contender.run();
      const std::vector<double> theirs = sample();
      for (std::size_t i = 0; i < ours.size(); ++i) {
        const double scale = std::sqrt(static_cast<double>(std::max(case_.cols, case_.rows))) + std::abs(ours[i]);
        ampsft::require(std::abs(ours[i] - theirs[i]) <= (std::is_same_v<T, L> ? 1e-4 : 1e-2) * scale, case_.text(),
                        ": ", contender.name, " (", contender.how, ") gives ", theirs[i], " where ampsft gives ",
                        ours[i]);
      }
    }
  }

  /// Whether the large matrix is the output.
  [[nodiscard]] bool writes_large() const {
    return case_.operation == Operation::reconstruct || case_.operation == Operation::factored_output;
  }

  [[nodiscard]] Work work() const {
    const double large = static_cast<double>(large_.size()) * sizeof(L);
    const double small = static_cast<double>(small_.size()) * sizeof(T);
    const double basis = static_cast<double>(basis_.size()) * sizeof(T);
    Work work;
    work.written = writes_large() ? large : case_.operation == Operation::factored_scores_gradient ? basis : small;
    work.read = large + small + basis - work.written;
    work.flops = 2.0 * static_cast<double>(large_.size()) * static_cast<double>(case_.rank);
    return work;
  }

  /// The large matrix as the place where the limits are measured.
  [[nodiscard]] L* large() { return large_.data(); }
  [[nodiscard]] Index large_bytes() const { return static_cast<Index>(large_.size() * sizeof(L)); }

 private:
  template <class V>
  static ampsft::Matrix<V> random(Index rows, Index cols) {
    ampsft::Random generator(static_cast<std::uint64_t>(rows + cols));
    auto matrix = ampsft::make_matrix<V>(rows, cols);
    for (V& element : matrix.storage()) {
      element = static_cast<V>(2.0 * generator.uniform() - 1.0);
    }
    return matrix;
  }

  [[nodiscard]] bool factored() const {
    return case_.operation != Operation::reconstruct && case_.operation != Operation::project &&
           case_.operation != Operation::extract;
  }

  /// Calls `body(matrix)` with the output.
  template <class Body>
  void with_output(Body&& body) {
    switch (case_.operation) {
      case Operation::reconstruct:
      case Operation::factored_output:
        return body(large_);
      case Operation::factored_scores_gradient:
        return body(basis_);
      default:
        return body(small_);
    }
  }

  [[nodiscard]] std::vector<double> sample() {
    std::vector<double> values;
    with_output([&](const auto& matrix) {
      for (std::size_t i = 0; i<matrix.size(); i += matrix.size()> 100'000 ? 997 : 1) {
        values.push_back(static_cast<double>(matrix.data()[i]));
      }
    });
    return values;
  }

  void spoil() {
    with_output([](auto& matrix) {
      using V = typename std::decay_t<decltype(matrix)>::value_type;
      std::fill_n(matrix.data(), matrix.size(), static_cast<V>(12345.0F));
    });
  }

  Case case_;
  ampsft::Matrix<L> large_;
  ampsft::Matrix<T> small_;
  ampsft::Matrix<T> basis_;
  ampsft::Matrix<T> mean_;
  ampsft::Matrix<T> shift_;      // -mu B', for the peers
  ampsft::Matrix<T> residuals_;  // for extraction
  ampsft::Matrix<T> other_;      // a float output beside the bfloat16 one
};

}  // namespace bench
