// SPDX-License-Identifier: MIT
/// @file
/// The LM head with its loss against the two operations that it stands for.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/linear_cross_entropy.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Parameters of a head in two terms, and targets some of which may be ignored.
template <class T>
struct Head {
  Index tokens;
  Parameter<T> x, w, z, s, bias;
  std::vector<std::int32_t> targets;

  Head(Index token_count, Index vocabulary, Index width, Index rank, bool some_ignored)
      : tokens(token_count),
        x(random_parameter<T>("x", token_count, width, 1)),
        w(random_parameter<T>("w", vocabulary, width, 2)),
        z(random_parameter<T>("z", token_count, rank, 3)),
        s(random_parameter<T>("s", vocabulary, rank, 4)),
        bias(random_parameter<T>("bias", 1, vocabulary, 5)) {
    Random random(6);
    for (Index i = 0; i < tokens; ++i) {
      const bool ignored = some_ignored && i % 3 == 1;
      targets.push_back(ignored ? -1 : static_cast<std::int32_t>(random.below(vocabulary)));
    }
  }

  ParameterList<T> parameters() { return {&x, &w, &z, &s, &bias}; }

  ProductSum<T> products(Tape<T>& tape) {
    return {{{tape.leaf(x), tape.leaf(w), T{0.5}}, {tape.leaf(z), tape.leaf(s), T{-1}}}};
  }
  Variable<T> fused(Tape<T>& tape) { return linear_cross_entropy<T>(products(tape), tape.leaf(bias), targets); }
  Variable<T> apart(Tape<T>& tape) {
    return cross_entropy<T>(linear<T>(products(tape), tape.leaf(bias)), std::span<const std::int32_t>(targets));
  }

  /// The loss and all gradients of `passes` backward passes with this seed.
  template <class Loss>
  std::vector<Matrix<T>> results(Loss&& loss, int passes, T seed) {
    for (auto* parameter : parameters()) {
      parameter->clear_gradient();
    }
    std::vector<Matrix<T>> all;
    Tape<T> tape;
    for (int i = 0; i < passes; ++i) {
      const auto mean = loss(tape);
      all.push_back(mean.value());
      tape.backward(mean, seed);
      tape.clear();
    }
    for (auto* parameter : parameters()) {
      CHECK(parameter->has_gradient == parameter->trainable);
      if (parameter->trainable) {
        all.push_back(parameter->gradient);
      }
    }
    return all;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the fused loss is the loss of the logits, with its gradients", "[autograd]", float, double) {
  using T = TestType;
  for (const bool some_ignored : {false, true}) {
    for (const int frozen : {0, 1, 2}) {  // nothing, the wide weight, the wide weight and its input
      Head<T> head(37, 101, 70, 5, some_ignored);
      head.w.trainable = frozen < 1;
      head.x.trainable = frozen < 2;
      for (const T seed : {T{1}, T{0.25}}) {
        const auto expected = head.results([&](auto& tape) { return head.apart(tape); }, 2, seed);
        const auto fused = head.results([&](auto& tape) { return head.fused(tape); }, 2, seed);
        CAPTURE(some_ignored, frozen, seed);
        REQUIRE(fused.size() == expected.size());
        for (std::size_t i = 0; i < fused.size(); ++i) {
          CHECK(difference<T>(fused[i], expected[i]) < rounding<T>);
        }
      }
    }
  }
}

TEST_CASE("the fused loss has the gradients of finite differences", "[autograd]") {
  Head<double> head(7, 11, 6, 2, true);
  const auto all = head.parameters();
  const auto worst =
      check_gradients<double>([&](auto& tape) { return head.fused(tape); }, std::span<Parameter<double>* const>(all));
  INFO("worst at element " << worst.element << " of " << worst.parameter);
  CHECK(worst.largest_error < 1e-8);
}

TEST_CASE("the fused loss works through many chunks of tokens", "[autograd]") {
  // 80 MB of logits: two chunks where the wide weight is trained, five where it is not
  Head<float> head(400, 50'000, 66, 3, true);
  for (const bool trained : {true, false}) {
    head.w.trainable = trained;
    const auto expected = head.results([&](auto& tape) { return head.apart(tape); }, 1, 1.0F);
    const auto fused = head.results([&](auto& tape) { return head.fused(tape); }, 1, 1.0F);
    REQUIRE(fused.size() == expected.size());
    for (std::size_t i = 0; i < fused.size(); ++i) {
      CHECK(difference<float>(fused[i], expected[i]) < rounding<float>);
    }
  }
}

TEST_CASE("batches that differ in how many tokens count take the memory of one", "[autograd]") {
  Head<float> head(700, 61, 5, 2, false);
  const auto all = head.targets;
  Tape<float> tape;
  Index bytes = 0;
  for (const std::size_t learned : {699, 500, 257, 256, 90, 1}) {
    head.targets = all;
    std::fill(head.targets.begin() + static_cast<std::ptrdiff_t>(learned), head.targets.end(), -1);
    for (auto* parameter : head.parameters()) {
      parameter->clear_gradient();
    }
    tape.backward(head.fused(tape));
    tape.clear();
    bytes = bytes == 0 ? tape.bytes() : bytes;
    CHECK(tape.bytes() == bytes);
  }
}

TEST_CASE("a weight of the fused loss may take part in other operations", "[autograd]") {
  Head<double> head(5, 9, 6, 2, false);
  const std::vector<std::int32_t> targets{1, 2, 3, 4, 5};
  require_right_gradients(
      [&](auto& tape) {
        const auto w = tape.leaf(head.w);
        const auto first = linear_cross_entropy<double>({{{tape.leaf(head.x), w}, {}}}, {}, targets);
        const auto second = linear_cross_entropy<double>({{{tape.leaf(head.x), w, 2.0}, {}}}, {}, targets);
        return add(add(first, second), probe(w));
      },
      {&head.x, &head.w});
}

TEST_CASE("the fused loss computes no gradients where none are asked for", "[autograd]") {
  Head<double> head(5, 9, 6, 2, true);
  Tape<double> training;
  Tape<double> inference(TapeMode::inference);
  CHECK(head.fused(inference).value()(0, 0) == head.fused(training).value()(0, 0));
  CHECK(head.w.gradient.size() == 0);
  CHECK_FALSE(head.w.has_gradient);
}

TEST_CASE("the fused loss refuses targets that do not fit", "[autograd]") {
  Head<double> head(3, 9, 6, 2, false);
  Tape<double> tape;
  const auto loss = [&](std::vector<std::int32_t> targets) {
    return linear_cross_entropy<double>(head.products(tape), {}, targets);
  };
  CHECK_NOTHROW(loss({0, -1, 8}));
  CHECK_THROWS_WITH(loss({0, 1}), ContainsSubstring("2 targets for 3 rows"));
  CHECK_THROWS_WITH(loss({0, 1, 9}), ContainsSubstring("target 9"));
  CHECK_THROWS_WITH(loss({-1, -1, -1}), ContainsSubstring("ignored"));
}
