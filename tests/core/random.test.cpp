// SPDX-License-Identifier: MIT
/// @file
/// The generator against published numbers, and the moments of its distributions.
#include <ampsft/core/random.hpp>

#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("xoshiro256++ gives the reference implementation's numbers", "[core]") {
  Random random(Random::State{1, 2, 3, 4});
  for (const std::uint64_t expected :
       {UINT64_C(41943041), UINT64_C(58720359), UINT64_C(3588806011781223), UINT64_C(3591011842654386),
        UINT64_C(9228616714210784205), UINT64_C(9973669472204895162), UINT64_C(14011001112246962877),
        UINT64_C(12406186145184390807), UINT64_C(15849039046786891736), UINT64_C(10450023813501588000)}) {
    CHECK(random() == expected);
  }
}

TEST_CASE("seeds go through splitmix64", "[core]") {
  CHECK(Random(0).state() ==
        Random::State{0xe220a8397b1dcdafU, 0x6e789e6aa1b965f4U, 0x06c45d188009454fU, 0xf88bb8a8724c81ecU});
  Random random(42);
  CHECK(random() == UINT64_C(15021278609987233951));
  CHECK(random() == UINT64_C(5881210131331364753));
}

TEST_CASE("a restored state continues the sequence", "[core]") {
  Random random(7);
  static_cast<void>(random.normal());
  Random copy(random.state());
  for (int i = 0; i < 100; ++i) {
    CHECK(copy() == random());
  }
}

TEST_CASE("uniform numbers stay in range and have the moments", "[core]") {
  Random random(3);
  constexpr int count = 200000;
  double sum = 0.0;
  double squares = 0.0;
  double least = 1.0;
  double most = 0.0;
  for (int i = 0; i < count; ++i) {
    const double x = random.uniform();
    sum += x;
    squares += x * x;
    least = std::min(least, x);
    most = std::max(most, x);
  }
  CHECK(least >= 0.0);
  CHECK(least < 1e-4);
  CHECK(most < 1.0);
  CHECK(most > 1.0 - 1e-4);
  CHECK(std::abs(sum / count - 0.5) < 0.004);  // 6 standard errors
  CHECK(std::abs(squares / count - 1.0 / 3.0) < 0.0041);
}

TEST_CASE("normal numbers have the moments", "[core]") {
  Random random(5);
  constexpr int count = 200000;
  double sums[4] = {};
  for (int i = 0; i < count; ++i) {
    const double x = random.normal();
    double power = 1.0;
    for (double& sum : sums) {
      power *= x;
      sum += power / count;
    }
  }
  CHECK(std::abs(sums[0]) < 0.0135);  // 6 standard errors each
  CHECK(std::abs(sums[1] - 1.0) < 0.019);
  CHECK(std::abs(sums[2]) < 0.052);
  CHECK(std::abs(sums[3] - 3.0) < 0.132);
}

TEST_CASE("bounded integers cover their range evenly", "[core]") {
  Random random(9);
  std::vector<int> seen(7, 0);
  for (int i = 0; i < 70000; ++i) {
    const Index drawn = random.below(7);
    REQUIRE(drawn >= 0);
    REQUIRE(drawn < 7);
    ++seen[static_cast<std::size_t>(drawn)];
  }
  for (const int times : seen) {
    CHECK(std::abs(times - 10000) < 560);  // 6 standard deviations
  }
  CHECK(random.below(1) == 0);
}

TEST_CASE("fill_normal scales by the standard deviation", "[core]") {
  Random random(11);
  Matrix<float> matrix = make_matrix<float>(100, 100);
  fill_normal(matrix, 0.02, random);
  CHECK(std::abs(flat(matrix).mean()) < 0.0012F);
  CHECK(std::abs(std::sqrt(flat(matrix).square().mean()) - 0.02F) < 0.001F);
  Random again(11);
  CHECK(matrix(0, 0) == static_cast<float>(0.02 * again.normal()));
}
