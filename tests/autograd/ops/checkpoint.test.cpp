// SPDX-License-Identifier: MIT
/// @file
/// Segments that are computed again give the same values and gradients, and keep less.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/checkpoint.hpp>
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/autograd/ops/linear.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Three segments with dropout, each `x + gelu(x up') down'`, checkpointed or not.
struct Chain {
  Parameter<double> x = random_parameter<double>("x", 6, 5, 1);
  Parameter<double> up = random_parameter<double>("up", 40, 5, 2);
  Parameter<double> down = random_parameter<double>("down", 5, 40, 3);
  bool checkpoints = false;

  Chain() {  // larger weights bend the function too much for finite differences
    flat(up.value) *= 0.3;
    flat(down.value) *= 0.3;
  }

  Variable<double> loss(Tape<double>& tape) {
    Variable<double> y = tape.leaf(x);
    for (std::uint64_t i = 0; i < 3; ++i) {
      const auto segment = [this, i](Variable<double> in) {
        Random random(i);
        Tape<double>& own = in.tape();
        const auto wide = dropout(gelu(linear(in, own.leaf(up))), 0.3, random);
        return add(in, linear(wide, own.leaf(down)));
      };
      y = checkpoints ? checkpoint(y, segment) : segment(y);
    }
    return probe(y);
  }

  std::vector<Matrix<double>> results() {
    Tape<double> tape;
    for (auto* parameter : {&x, &up, &down}) {
      parameter->clear_gradient();
    }
    const auto y = loss(tape);
    std::vector<Matrix<double>> all{y.value()};
    tape.backward(y);
    for (const auto* parameter : {&x, &up, &down}) {
      all.push_back(parameter->gradient);
    }
    return all;
  }
};

}  // namespace

TEST_CASE("a checkpointed segment has the same values and gradients, bit for bit", "[autograd]") {
  Chain chain;
  const auto expected = chain.results();
  chain.checkpoints = true;
  const auto found = chain.results();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(map(found[i]) == map(expected[i]));
  }
  require_right_gradients([&](auto& tape) { return chain.loss(tape); }, {&chain.x, &chain.up, &chain.down});
}

TEST_CASE("checkpoints save memory", "[autograd]") {
  Chain chain;
  const auto bytes = [&](TapeMode mode) {
    Tape<double> tape(mode);
    tape.backward(chain.loss(tape));
    tape.clear();
    return tape.bytes();
  };
  const Index all = bytes(TapeMode::training);
  chain.checkpoints = true;
  const Index few = bytes(TapeMode::training);
  CHECK(few < all);
  CHECK(bytes(TapeMode::planning) == few);
}

TEST_CASE("a checkpoint of what needs no gradient simply runs", "[autograd]") {
  Chain chain;
  chain.checkpoints = true;
  chain.x.trainable = false;
  const auto with = chain.results();
  chain.checkpoints = false;
  const auto without = chain.results();
  CHECK(map(with[2]) == map(without[2]));
  CHECK_FALSE(chain.x.has_gradient);
}

TEST_CASE("a segment must keep the shape", "[autograd]") {
  Chain chain;
  Tape<double> tape;
  CHECK_THROWS_WITH(checkpoint(tape.leaf(chain.x), [&](auto in) { return linear(in, in.tape().leaf(chain.up)); }),
                    ContainsSubstring("6 x 5"));
}
