// SPDX-License-Identifier: MIT
/// @file
/// Memory is used again: the pool alone, and a tape's steps counted at operator new.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/ops/cross_entropy.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/autograd/ops/layer_norm.hpp>
#include <ampsft/autograd/ops/linear.hpp>

#include "autograd/testing.hpp"
#include "support/count_allocations.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

constexpr std::size_t large = 40 * 12 * sizeof(double);  // the smallest activation of the model below

}  // namespace

TEST_CASE("the pool hands a returned matrix out again, in any shape of its size", "[autograd]") {
  StoragePool<float> pool;
  Matrix<float> matrix = pool.take(3, 4);
  const float* const memory = matrix.data();
  pool.put(matrix, 12);
  CHECK(matrix.size() == 0);
  Matrix<float> other = pool.take(3, 5);
  CHECK(other.data() != memory);
  Matrix<float> again = pool.take(6, 2);
  CHECK(again.data() == memory);
  CHECK(rows(again) == 6);
  CHECK(cols(again) == 2);
  map(again).setZero();
  again(5, 1) = 1.0F;
  CHECK(again.data()[11] == 1.0F);  // the strides follow the new shape
  Matrix<float> empty;
  pool.put(empty, 0);
  CHECK(pool.take(0, 4).size() == 0);
  CHECK(pool.bytes() == (12 + 15) * 4);
}

TEST_CASE("a planning pool counts what it would have needed", "[autograd]") {
  StoragePool<float> pool(true);
  Matrix<float> matrix = pool.take(3, 4);
  CHECK(matrix.size() == 0);
  pool.put(matrix, 12);
  CHECK(pool.take(2, 6).size() == 0);
  CHECK(pool.bytes() == 12 * 4);
  static_cast<void>(pool.take(2, 6));
  CHECK(pool.bytes() == 2 * 12 * 4);
}

TEST_CASE("a saved matrix returns to its pool, once", "[autograd]") {
  StoragePool<float> pool;
  const float* memory = nullptr;
  {
    Saved<float> first(pool, 3, 4);
    memory = first.data();
    Saved<float> second = std::move(first);
    CHECK(second.data() == memory);
    first = Saved<float>(pool, 1, 2);
  }
  Matrix<float> again = pool.take(4, 3);
  CHECK(again.data() == memory);
  CHECK(pool.take(3, 4).data() != memory);
  Saved<float> kept(pool, 1, 2);
  const Matrix<float> taken = kept.take();
  CHECK(taken.size() == 2);
  CHECK(pool.bytes() == (12 + 2 + 12) * 4);
  const Saved<float> given(make_matrix<float>(1, 1, 5.0F));  // of no pool
  CHECK((*given)(0, 0) == 5.0F);
}

TEST_CASE("after the first step a tape allocates no matrix", "[autograd]") {
  constexpr Index tokens = 40;
  constexpr Index width = 12;
  auto embedding = random_parameter<double>("embedding", 50, width, 1);
  auto gain = random_parameter<double>("gain", 1, width, 2);
  auto up = random_parameter<double>("up", 20, width, 3);
  auto down = random_parameter<double>("down", width, 20, 4);
  std::vector<std::int32_t> ids(tokens);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<std::int32_t>(i * 7 % 50);
  }
  Random random(1);
  Tape<double> tape;
  const auto step = [&] {
    auto x = gather(tape.leaf(embedding), std::span<const std::int32_t>(ids));
    const auto h = layer_norm(x, tape.leaf(gain), {}, 1e-5);
    x = add(x, dropout(causal_attention(h, h, h, 2, 2), 0.1, random));
    x = add(x, linear(gelu(linear(x, tape.leaf(up))), tape.leaf(down)));
    tape.backward(cross_entropy(linear(x, tape.leaf(embedding)), std::span<const std::int32_t>(ids)));
    tape.clear();
  };
  CHECK(count_allocations(large, step) > 0);
  CHECK(count_allocations(large, step) == 0);
  CHECK(count_allocations(large, [&] {
          for (int i = 0; i < 5; ++i) {
            step();
          }
        }) == 0);
}

TEST_CASE("matrices given to a tape do not pile up in its pool", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 40, 1);
  Tape<double> tape;
  std::vector<const double*> seen;
  for (int i = 0; i < 4; ++i) {
    Matrix<double> given = random_matrix<double>(40, 40, 2);
    seen.push_back(given.data());
    static_cast<void>(linear(tape.constant(std::move(given)), tape.leaf(w)));
    tape.clear();
  }
  // Nothing but results of operations is kept, so the next 40 x 40 result needs memory of its own.
  const Matrix<double> x = random_matrix<double>(40, 40, 3);
  CHECK(count_allocations(large, [&] { static_cast<void>(gelu(tape.constant(x))); }) == 1);
}
