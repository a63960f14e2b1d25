// SPDX-License-Identifier: MIT
/// @file
/// Rotary positions in both pairings.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/rope.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

const std::vector<double> frequencies{1.0, 0.3, 0.01};
const std::vector<std::int32_t> positions{0, 7, 2, 40, 7};

template <class T>
auto table(double magnitude = 1.0) {
  return std::make_shared<const RopeTable<T>>(frequencies, 41, magnitude);
}

}  // namespace

TEMPLATE_TEST_CASE("rotary equals its naive twin in both pairings", "[autograd]", float, double) {
  using T = TestType;
  for (const Index width : {6, 8}) {  // 8: the last two numbers stay
    for (const auto pairing : {RopePairing::halves, RopePairing::interleaved}) {
      const Matrix<T> x = random_matrix<T>(5, 2 * width, 1);
      Matrix<T> expected = x;
      for (Index row = 0; row < 5; ++row) {
        for (Index head = 0; head < 2; ++head) {
          for (Index j = 0; j < 3; ++j) {
            const Index a = head * width + (pairing == RopePairing::halves ? j : 2 * j);
            const Index b = pairing == RopePairing::halves ? a + 3 : a + 1;
            const double angle = positions[static_cast<std::size_t>(row)] * frequencies[static_cast<std::size_t>(j)];
            const double first = static_cast<double>(map(x)(row, a));
            const double second = static_cast<double>(map(x)(row, b));
            map(expected)(row, a) = static_cast<T>(first * std::cos(angle) - second * std::sin(angle));
            map(expected)(row, b) = static_cast<T>(first * std::sin(angle) + second * std::cos(angle));
          }
        }
      }
      Tape<T> tape;
      CHECK(difference<T>(apply_rope<T>(tape.constant(x), table<T>(), positions, 2, pairing).value(), expected) <
            rounding<T>);
    }
  }
}

TEMPLATE_TEST_CASE("rotary turns wide heads as narrow ones, and gradients back, written or added", "[autograd]", float,
                   double) {
  using T = TestType;
  constexpr Index pairs = 37;  // some whole registers and a rest
  constexpr Index width = 2 * pairs + 3;
  std::vector<double> many(static_cast<std::size_t>(pairs));
  for (std::size_t j = 0; j < many.size(); ++j) {
    many[j] = 0.1 * static_cast<double>(j + 1);
  }
  const auto turns = std::make_shared<const RopeTable<T>>(many, 41);
  for (const auto pairing : {RopePairing::halves, RopePairing::interleaved}) {
    Parameter<T> x("x", random_matrix<T>(5, 2 * width, 1));
    const Matrix<T> seed = random_matrix<T>(5, 2 * width, 2);
    Matrix<T> value = x.value;
    Matrix<T> gradient = seed;
    for (Index row = 0; row < 5; ++row) {
      for (Index j = 0; j < 2 * pairs; ++j) {
        const double angle = positions[static_cast<std::size_t>(row)] * many[static_cast<std::size_t>(j % pairs)];
        const Index a = j / pairs * width + (pairing == RopePairing::halves ? j % pairs : j % pairs * 2);
        const Index b = pairing == RopePairing::halves ? a + pairs : a + 1;
        const T c = static_cast<T>(std::cos(angle));
        const T s = static_cast<T>(std::sin(angle));
        map(value)(row, a) = c * map(x.value)(row, a) - s * map(x.value)(row, b);
        map(value)(row, b) = s * map(x.value)(row, a) + c * map(x.value)(row, b);
        map(gradient)(row, a) = c * map(seed)(row, a) + s * map(seed)(row, b);
        map(gradient)(row, b) = c * map(seed)(row, b) - s * map(seed)(row, a);
      }
    }
    Tape<T> tape;
    const auto transposed = apply_rope<T>(tape.leaf(x), turns, positions, 2, pairing);
    CHECK(difference<T>(transposed.value(), value) < rounding<T>);
    const auto again = apply_rope<T>(tape.leaf(x), turns, positions, 2, pairing);
    x.clear_gradient();
    tape.backward(add(transposed, again), seed);
    flat(gradient) *= T{2};
    CHECK(difference<T>(x.gradient, gradient) < rounding<T>);
  }
}

TEST_CASE("rotary has the gradients of finite differences, added up too", "[autograd]") {
  for (const auto pairing : {RopePairing::halves, RopePairing::interleaved}) {
    auto x = random_parameter<double>("x", 5, 14, 1);
    const auto transposed = [&](auto& tape) {
      return apply_rope<double>(tape.leaf(x), table<double>(0.7), positions, 2, pairing);
    };
    require_right_gradients([&](auto& tape) { return probe(transposed(tape)); }, {&x});
  }
}

TEST_CASE("turning by two positions leaves products that know only their distance", "[autograd]") {
  const Matrix<double> q = random_matrix<double>(1, 6, 1);
  const Matrix<double> k = random_matrix<double>(1, 6, 2);
  const auto product = [&](std::int32_t at_q, std::int32_t at_k) {
    Tape<double> tape;
    const std::vector<std::int32_t> first{at_q};
    const std::vector<std::int32_t> second{at_k};
    const auto a = apply_rope<double>(tape.constant(q), table<double>(), first, 1, RopePairing::halves);
    const auto b = apply_rope<double>(tape.constant(k), table<double>(), second, 1, RopePairing::halves);
    return a.map().row(0).dot(b.map().row(0));
  };
  CHECK(std::abs(product(9, 4) - product(35, 30)) < 1e-13);
  CHECK(std::abs(product(9, 4) - product(9, 5)) > 1e-3);
}

TEST_CASE("rotary refuses what does not fit", "[autograd]") {
  Tape<float> tape;
  const auto x = tape.constant(make_matrix<float>(5, 12, 1.0F));
  const auto halves = RopePairing::halves;
  CHECK_THROWS_WITH(apply_rope<float>(x, table<float>(), positions, 5, halves), ContainsSubstring("5 heads"));
  CHECK_THROWS_WITH(apply_rope<float>(x, table<float>(), positions, 4, halves), ContainsSubstring("width 3"));
  const std::span<const std::int32_t> few(positions.data(), 4);
  CHECK_THROWS_WITH(apply_rope<float>(x, table<float>(), few, 2, halves), ContainsSubstring("4 positions"));
  const std::vector<std::int32_t> far{0, 1, 2, 3, 41};
  CHECK_THROWS_WITH(apply_rope<float>(x, table<float>(), far, 2, halves), ContainsSubstring("position 41"));
  CHECK_THROWS_AS(apply_rope<float>(x, nullptr, positions, 2, halves), Error);
  CHECK_THROWS_AS(RopeTable<float>({}, 4), Error);
  CHECK_THROWS_AS(RopeTable<float>(frequencies, 0), Error);
}
