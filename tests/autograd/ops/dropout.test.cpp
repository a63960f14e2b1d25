// SPDX-License-Identifier: MIT
/// @file
/// Inverted dropout.
#include <ampsft/autograd/ops/dropout.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// The mask: what ones become.
Matrix<double> mask_of(double p, std::uint64_t seed, Index rows, Index cols) {
  Tape<double> tape;
  Random random(seed);
  return dropout(tape.constant(make_matrix<double>(rows, cols, 1.0)), p, random).value();
}

}  // namespace

TEST_CASE("dropout drops at its rate and keeps the mean", "[autograd]") {
  for (const double p : {0.1, 0.5, 0.9}) {
    const Matrix<double> mask = mask_of(p, 1, 200, 100);
    const double kept = 1.0 / (1.0 - p);
    CHECK((flat(mask) == 0.0 || flat(mask) == kept).all());
    const double stddev = std::sqrt(p * (1.0 - p) / 20000.0);
    CHECK(std::abs((flat(mask) == 0.0).cast<double>().mean() - p) < 6 * stddev);
  }
}

TEST_CASE("dropout depends on the seed and differs between rows", "[autograd]") {
  const Matrix<double> mask = mask_of(0.5, 1, 20, 50);
  const Matrix<double> same = mask_of(0.5, 1, 20, 50);
  const Matrix<double> other = mask_of(0.5, 2, 20, 50);
  CHECK(map(mask) == map(same));
  CHECK(map(mask) != map(other));
  for (Index row = 1; row < 20; ++row) {
    CHECK(map(mask).row(row) != map(mask).row(row - 1));
  }
}

TEST_CASE("two dropouts in a row draw different masks", "[autograd]") {
  Tape<double> tape;
  Random random(1);
  const auto ones = tape.constant(make_matrix<double>(5, 40, 1.0));
  const auto first = dropout(ones, 0.5, random);
  const auto second = dropout(ones, 0.5, random);
  CHECK(first.map() != second.map());
}

TEST_CASE("dropout uses the same mask forward and backward", "[autograd]") {
  Parameter<double> x("x", make_matrix<double>(33, 5, 1.0));
  Tape<double> tape;
  Random random(3);
  const auto y = dropout(tape.leaf(x), 0.4, random);
  const Matrix<double> mask = y.value();
  tape.backward(weighted_sum(y, make_matrix<double>(33, 5, 1.0)));
  CHECK(map(x.gradient) == map(mask));

  auto z = random_parameter<double>("z", 3, 7, 1);
  require_right_gradients(
      [&](auto& other) {
        Random same(9);
        return probe(dropout(other.leaf(z), 0.3, same));
      },
      {&z});
}

TEST_CASE("the number of threads does not change the mask", "[autograd]") {
  set_thread_count(1);
  const Matrix<double> alone = mask_of(0.5, 5, 100, 3);
  set_thread_count(4);
  const Matrix<double> together = mask_of(0.5, 5, 100, 3);
  set_thread_count(0);
  CHECK(map(alone) == map(together));
}

TEST_CASE("dropout is the identity at inference and for p = 0, and draws nothing", "[autograd]") {
  const Matrix<double> x = random_matrix<double>(3, 4, 1);
  Random random(3);
  Tape<double> inference(TapeMode::inference);
  const auto same = inference.constant(x);
  CHECK(dropout(same, 0.5, random).id() == same.id());
  Tape<double> training;
  const auto input = training.constant(x);
  CHECK(dropout(input, 0.0, random).id() == input.id());
  CHECK(random.state() == Random(3).state());
}

TEST_CASE("dropout refuses impossible probabilities", "[autograd]") {
  Tape<float> tape;
  Random random(1);
  const auto x = tape.constant(make_matrix<float>(1, 1, 0.0F));
  CHECK_THROWS_WITH(dropout(x, 1.0, random), ContainsSubstring("not 1"));
  CHECK_THROWS_AS(dropout(x, -0.1, random), Error);
  CHECK_THROWS_AS(dropout(x, std::numeric_limits<double>::quiet_NaN(), random), Error);
}
