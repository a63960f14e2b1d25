// SPDX-License-Identifier: MIT
/// @file
/// The tape's operations that memory bounds, and the reconstruction, at the shapes of the paper's model, of GPT-2
/// and of SmolLM2-135M; see support/operation_benchmarks.hpp. The linear layers, attention, activations, layer
/// normalisation and the loss have programs of their own.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>
#include <ampsft/autograd/ops/rms_norm.hpp>
#include <ampsft/autograd/ops/rope.hpp>
#include <ampsft/autograd/ops/weighted_sum.hpp>

#include <numeric>

#include "support/operation_benchmarks.hpp"

namespace {

using namespace bench;

struct Size {
  const char* name;
  Index tokens, width, vocabulary, context;
  Index head_dim;
};

constexpr Size sizes[] = {
    {"paper72", 2048, 256, 15007, 512, 32}, {"gpt2", 512, 768, 50257, 256, 64}, {"smollm2", 512, 576, 49152, 256, 64}};

std::string shape_of(const Size& size, Index rows, Index cols) {
  return std::string(size.name) + "/" + std::to_string(rows) + "x" + std::to_string(cols);
}

std::vector<std::int32_t> random_rows(Index count, Index below) {
  ampsft::Random random(1);
  std::vector<std::int32_t> rows(static_cast<std::size_t>(count));
  for (auto& row : rows) {
    row = static_cast<std::int32_t>(random.below(below));
  }
  return rows;
}

/// Lookups; the gradient of the whole matrix is written, as AdamW reads it.
void add_gather(const Size& size) {
  const double moved = static_cast<double>(size.tokens * size.width);
  const double weight = static_cast<double>(size.vocabulary * size.width);
  const OperationCase lookup{"gather", shape_of(size, size.vocabulary, size.width),
                             [size] {
                               Leaves leaves;
                               leaves.push_back(random_leaf(size.vocabulary, size.width));
                               return leaves;
                             },
                             floats(moved, moved), floats(moved, weight)};
  const auto rows = random_rows(size.tokens, size.vocabulary);
  add_operation(lookup, [rows](FloatTape& tape, Leaves& leaves) {
    return ampsft::ops::Gather<float>{tape.leaf(leaves[0]), tape.save(rows), static_cast<Index>(rows.size())};
  });
}

/// Operations of one or two inputs of the residual stream's shape.
void add_stream(const Size& size) {
  const double moved = static_cast<double>(size.tokens * size.width);
  const auto leaves = [size](Index gains) {
    return [size, gains] {
      Leaves made;
      made.push_back(random_leaf(size.tokens, size.width));
      made.push_back(gains > 0 ? random_leaf(1, gains) : random_leaf(size.tokens, size.width));
      return made;
    };
  };
  const std::string shape = shape_of(size, size.tokens, size.width);
  add_operation({"add", shape, leaves(0), floats(2 * moved, moved), floats(moved, 2 * moved)},
                [](FloatTape& tape, Leaves& of) {
                  return ampsft::ops::Add<float>{tape.leaf(of[0]), tape.leaf(of[1])};
                });
  add_operation({"weighted_sum", shape, leaves(1), floats(2 * moved, 0.0, 2 * moved), floats(moved, moved, moved)},
                [weights = random_matrix<float>(size.tokens, size.width)](FloatTape& tape, Leaves& of) {
                  return ampsft::ops::WeightedSum<float>{tape.leaf(of[0]), weights};
                });
  add_operation({"dropout", shape, leaves(1), floats(moved, moved), floats(moved, moved)},
                [](FloatTape& tape, Leaves& of) {
                  return ampsft::ops::Dropout<float>{tape.leaf(of[0]), 0.1, 1};
                });
  const auto rms_norm = [](FloatTape& tape, Leaves& of) {
    const auto x = tape.leaf(of[0]);
    const auto gain = tape.leaf(of[1]);
    return ampsft::ops::RmsNorm<float>{x, gain, 1e-5, tape.save(x.cols() / gain.cols(), x.rows())};
  };
  add_operation({"rms_norm", shape, leaves(size.width), floats(moved, moved), floats(2 * moved, moved)}, rms_norm);
  add_operation({"rms_norm_of_heads", shape, leaves(size.head_dim), floats(moved, moved), floats(2 * moved, moved)},
                rms_norm);
  std::vector<double> frequencies(static_cast<std::size_t>(size.head_dim / 2));
  std::iota(frequencies.begin(), frequencies.end(), 0.5);
  const auto table = std::make_shared<const ampsft::RopeTable<float>>(frequencies, size.context);
  std::vector<std::int32_t> positions(static_cast<std::size_t>(size.tokens));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions[i] = static_cast<std::int32_t>(i) % static_cast<std::int32_t>(size.context);
  }
  for (const auto& [name, pairing] : {std::pair("rotary_halves", ampsft::RopePairing::halves),
                                      std::pair("rotary_interleaved", ampsft::RopePairing::interleaved)}) {
    add_operation({name, shape, leaves(1), floats(moved, moved), floats(moved, moved)},
                  [size, table, positions, pairing = pairing](FloatTape& tape, Leaves& of) {
                    return ampsft::ops::Rope<float>{tape.leaf(of[0]), table, tape.save(positions),
                                                    size.width / size.head_dim, pairing};
                  });
  }
}

/// Rows from scores of rank 8; the backward pass gives the gradients of scores, basis and mean.
void add_reconstruct(const char* name, Index rows, Index cols) {
  constexpr Index rank = 8;
  const double large = static_cast<double>(rows * cols);
  const double products = 2.0 * large * static_cast<double>(rank);
  add_operation(
      {std::string("reconstruct"), std::string(name) + "/" + std::to_string(rows) + "x" + std::to_string(cols),
       [rows, cols] {
         Leaves leaves;
         leaves.push_back(random_leaf(rows, rank));
         leaves.push_back(random_leaf(rank, cols));
         leaves.push_back(random_leaf(1, cols));
         return leaves;
       },
       floats(0.0, large, products), floats(large, 0.0, 2.0 * products + large)},
      [](FloatTape& tape, Leaves& of) {
        return ampsft::ops::Reconstruct<float>{tape.leaf(of[0]), tape.leaf(of[1]), tape.leaf(of[2]), {}};
      });
}

bool add() {
  for (const Size& size : sizes) {
    add_gather(size);
    add_stream(size);
  }
  add_reconstruct("paper72", 46398, 256);
  add_reconstruct("paper72_layer", 1024, 256);
  add_reconstruct("gpt2_layer", 3072, 768);
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
