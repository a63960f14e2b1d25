// SPDX-License-Identifier: MIT
/// @file
/// The shapes at which the kernels are compared with other libraries.
#pragma once

#include <ampsft/core/error.hpp>

#include <string>
#include <thread>
#include <vector>

#include "support/limits.hpp"

namespace bench {

enum class Operation {
  reconstruct,
  project,
  extract,
  factored_output,
  factored_input_gradient,
  factored_scores_gradient
};
enum class Type { f32, f64, bf16 };

constexpr const char* name(Operation operation) {
  switch (operation) {
    case Operation::reconstruct:
      return "reconstruct";
    case Operation::project:
      return "project";
    case Operation::extract:
      return "extract";
    case Operation::factored_output:
      return "factored_output";
    case Operation::factored_input_gradient:
      return "factored_input_gradient";
    case Operation::factored_scores_gradient:
      break;
  }
  return "factored_scores_gradient";
}

constexpr const char* name(Type type) {
  return type == Type::f32 ? "float" : type == Type::f64 ? "double" : "bf16";
}

/// `bf16` is the type of the large matrix, the rest is float.
struct Case {
  Operation operation = Operation::reconstruct;
  Type type = Type::f32;
  Index rows = 0;
  Index cols = 0;
  Index rank = 0;
  int threads = 1;

  [[nodiscard]] std::string shape() const { return std::to_string(rows) + " x " + std::to_string(cols); }
  [[nodiscard]] std::string text() const {
    return ampsft::concat(name(operation), " ", name(type), " ", shape(), " K=", rank, " ", threads,
                          threads == 1 ? " thread" : " threads");
  }
};

/// Against the peers: the stack of a small model and one of wide rows (beyond the caches), a matrix in a cache.
inline std::vector<Case> compared_cases() {
  using enum Operation;
  std::vector<Case> all;
  for (const int threads : {1, 2}) {
    if (threads > static_cast<int>(std::thread::hardware_concurrency())) {
      continue;
    }
    for (const Index rank : {8, 32, 64}) {
      all.push_back({reconstruct, Type::f32, 46398, 256, rank, threads});
      all.push_back({reconstruct, Type::f32, 3072, 256, rank, threads});
    }
    all.push_back({reconstruct, Type::f32, 20000, 2048, 8, threads});
    all.push_back({reconstruct, Type::bf16, 46398, 256, 4, threads});
    all.push_back({reconstruct, Type::bf16, 46398, 256, 8, threads});
    all.push_back({reconstruct, Type::f64, 46398, 256, 8, threads});
    for (const Operation operation : {project, extract}) {
      all.push_back({operation, Type::f32, 46398, 256, 8, threads});
      all.push_back({operation, Type::f32, 3072, 256, 8, threads});
      all.push_back({operation, Type::f32, 512, 256, 8, threads});  // fits a second-level cache of 1 MB
    }
    all.push_back({project, Type::f32, 3072, 256, 32, threads});
    all.push_back({project, Type::f64, 46398, 256, 8, threads});
    for (const Operation operation : {factored_output, factored_input_gradient, factored_scores_gradient}) {
      all.push_back({operation, Type::f32, 2048, 768, 8, threads});
    }
  }
  return all;
}

/// An odd shape and the round one beside it.
struct OddCase {
  Case odd;
  Case round;
};

/// Width to the nearest multiple of 16, rank of 4, few rows to 4, 1000 rows to 1024.
inline std::vector<OddCase> odd_cases() {
  std::vector<OddCase> all;
  for (const Operation operation : {Operation::reconstruct, Operation::project}) {
    const Case usual{operation, Type::f32, 3072, 256, 8, 1};
    const auto add = [&](Index Case::*extent, Index odd, Index round) {
      OddCase pair{usual, usual};
      pair.odd.*extent = odd;
      pair.round.*extent = round;
      all.push_back(pair);
    };
    for (const auto& [odd, round] : {std::pair<Index, Index>{300, 304}, {257, 256}, {33, 32}}) {
      add(&Case::cols, odd, round);
    }
    for (const auto& [odd, round] : {std::pair<Index, Index>{3, 4}, {5, 4}, {7, 8}, {11, 12}}) {
      add(&Case::rank, odd, round);
    }
    for (const auto& [odd, round] : {std::pair<Index, Index>{1, 4}, {2, 4}, {3, 4}, {1000, 1024}}) {
      add(&Case::rows, odd, round);
    }
  }
  return all;
}

}  // namespace bench
