// SPDX-License-Identifier: MIT
/// @file
/// The LM head with its loss against the two operations that it stands for.
#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/linear_cross_entropy.hpp>
#include <ampsft/autograd/ops/soft_cap.hpp>

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
  T cap = T{0};

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
  Variable<T> fused(Tape<T>& tape) { return linear_cross_entropy<T>(products(tape), tape.leaf(bias), targets, cap); }
  Variable<T> apart(Tape<T>& tape) {
    const auto logits = linear<T>(products(tape), tape.leaf(bias));
    return cross_entropy<T>(cap > T{0} ? soft_cap(logits, cap) : logits, std::span<const std::int32_t>(targets));
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

/// A weight of full width that has no memory.
class Unfilled final : public LinearOperator<float> {
 public:
  static constexpr Index width = 65;

  explicit Unfilled(Index rows) : rows_(rows) {}
  [[nodiscard]] Index rows() const override { return rows_; }
  [[nodiscard]] Index cols() const override { return width; }
  void output_part(Index, const ConstView<float>&, View<float>, WriteMode, float,
                   const ConstView<float>&) const override {
    fail("only planned with");
  }
  void input_gradient_part(Index, const ConstView<float>&, View<float>, WriteMode, float) const override {
    fail("only planned with");
  }

 private:
  Index rows_;
};

}  // namespace

TEMPLATE_TEST_CASE("the fused loss is the loss of the logits, with its gradients", "[autograd]", float, double) {
  using T = TestType;
  for (const bool some_ignored : {false, true}) {
    for (const int frozen : {0, 1, 2, 3}) {  // nothing, the wide weight, the wide weight and its input, nothing
      Head<T> head(37, 101, 70, 5, some_ignored);
      head.w.trainable = frozen % 3 < 1;
      head.x.trainable = frozen % 3 < 2;
      head.cap = frozen == 3 ? T{2} : T{0};  // logits have a stddev of 5
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
  for (const double cap : {0.0, 1.5, 30.0}) {
    head.cap = cap;
    const auto all = head.parameters();
    const auto worst =
        check_gradients<double>([&](auto& tape) { return head.fused(tape); }, std::span<Parameter<double>* const>(all));
    INFO("cap " << cap << ": worst at element " << worst.element << " of " << worst.parameter);
    CHECK(worst.largest_error < 1e-8);
  }
}

TEST_CASE("the fused loss works through many chunks of tokens", "[autograd]") {
  // 80 MB of logits
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

TEMPLATE_TEST_CASE("the fused loss works through blocks of the vocabulary", "[autograd]", float, double) {
  using T = TestType;
  // more than 32 MiB of logits for 130 tokens, of which 128 would not fit either
  const Index vocabulary = std::same_as<T, float> ? 66'001 : 33'001;
  const auto parts = detail::logit_parts({.tokens = 130,
                                          .vocabulary = vocabulary,
                                          .element = sizeof(T),
                                          .thin = false,
                                          .asked = true,
                                          .asked_fixed = true});
  REQUIRE((parts.tokens == 130 && 2 * parts.columns < vocabulary && vocabulary % parts.columns != 0));
  struct Case {
    bool some_ignored;
    int trained;  // inputs in one pass, scores in two, everything in two
    T cap;
  };
  for (const auto& [some_ignored, trained, cap] :
       {Case{false, 0, T{0}}, Case{true, 0, T{3}}, Case{true, 1, T{0}}, Case{false, 2, T{3}}}) {
    CAPTURE(some_ignored, trained, cap);
    Head<T> head(130, vocabulary, 66, 3, some_ignored);
    map(head.w.value) *= T(0.2);
    map(head.x.value).row(3) *= T{20};  // logits whose running maximum grows a lot
    head.targets[0] = 0;
    head.targets[3] = static_cast<std::int32_t>(vocabulary) - 1;
    head.w.trainable = trained > 1;
    head.s.trainable = trained > 0;
    head.bias.trainable = trained > 1;
    head.cap = cap;
    const auto expected = head.results([&](auto& tape) { return head.apart(tape); }, 1, T(0.5));
    const auto fused = head.results([&](auto& tape) { return head.fused(tape); }, 1, T(0.5));
    REQUIRE(fused.size() == expected.size());
    for (std::size_t i = 0; i < fused.size(); ++i) {
      CHECK(difference<T>(fused[i], expected[i]) < rounding<T>);
    }
    Tape<T> inference(TapeMode::inference);
    CHECK(difference<T>(head.fused(inference).value(), expected[0]) < rounding<T>);
  }
}

TEST_CASE("tokens that are sure of their targets keep the digits of their small gradients", "[autograd]") {
  // In one pass the target's part of the sum and the target itself nearly cancel.
  Head<float> head(130, 66'001, 66, 3, false);
  for (Index i = 0; i < head.tokens; ++i) {
    const auto target = static_cast<Index>(head.targets[static_cast<std::size_t>(i)]);
    map(head.x.value).row(i) =
        map(head.w.value).row(target) * 0.3F;  // logits of about 20, of all others a stddev of 2.4
  }
  for (const Arithmetic arithmetic : {Arithmetic::full, Arithmetic::bf16}) {
    const Bf16Weight<float> frozen(head.w.value, arithmetic);
    const std::span<const std::int32_t> targets(head.targets);
    const auto gradient = [&](bool fused) {
      head.x.clear_gradient();
      Tape<float> tape;
      ProductSum<float> products;
      products[0] = {tape.leaf(head.x), {}, 1.0F, &frozen};
      const auto loss = fused ? linear_cross_entropy<float>(products, {}, targets)
                              : cross_entropy<float>(linear<float>(products), targets);
      CHECK(loss.value()(0, 0) < 0.1F);
      tape.backward(loss);
      return head.x.gradient;
    };
    const Matrix<float> expected = gradient(false);
    const Matrix<float> found = gradient(true);
    const auto error = (map(found) - map(expected)).norm() / map(expected).norm();
    CHECK(error < (arithmetic == Arithmetic::full ? 1e-4F : 1e-2F));
  }
}

TEST_CASE("logits take at most 32 MiB, whatever the vocabulary and the tokens", "[autograd]") {
  for (const Index vocabulary : {2, 1'000, 32'000, 49'152, 65'537, 151'936, 262'144, 600'000, 30'000'000}) {
    for (const Index tokens : {1, 16, 30, 130, 512, 5'000, 70'000}) {
      for (const bool trained : {false, true}) {
        auto x = random_parameter<float>("x", tokens, 1, 1);
        const Unfilled weight(vocabulary);
        // a column of scores, and a frozen weight of full width in its place where it is not trained
        Parameter<float> s("s", make_matrix<float>(vocabulary, 1));
        s.trainable = trained;
        const std::vector<std::int32_t> targets(static_cast<std::size_t>(tokens), 1);
        Tape<float> tape(TapeMode::planning);
        const auto wide = tape.constant(make_matrix<float>(tokens, Unfilled::width));
        ProductSum<float> products{{{wide, {}, 1.0F, &weight}, {tape.leaf(x), tape.leaf(s)}}};
        tape.backward(linear_cross_entropy<float>(products, {}, targets));
        CAPTURE(vocabulary, tokens, trained);
        const Index beside = 4 * tokens * static_cast<Index>(sizeof(float)) + 8 * tokens + 64;  // log-sums, indices
        CHECK(tape.bytes() <= (Index{32} << 20) + beside);
        CHECK(tape.bytes() >= std::min(tokens * vocabulary, Index{1} << 20) * static_cast<Index>(sizeof(float)));
      }
    }
  }
}

TEST_CASE("parts of logits that fitted before are what they were", "[autograd]") {
  int same = 0;
  for (Index vocabulary = 100; vocabulary < 300'000; vocabulary = vocabulary * 9 / 8) {
    for (Index tokens = 1; tokens < 10'000; tokens = tokens * 5 / 4 + 1) {
      for (const bool thin : {false, true}) {
        for (const bool trained : {false, true}) {
          // as in the versions that held 256 tokens at least
          const Index row = 4 * vocabulary;
          const Index most =
              std::max(((trained && !thin ? Index{48} : Index{16}) << 20) / row, thin ? Index{16} : Index{256});
          const Index chunks = (tokens + most - 1) / most;
          const Index before = (tokens + chunks - 1) / chunks;
          const auto parts = detail::logit_parts({.tokens = tokens,
                                                  .vocabulary = vocabulary,
                                                  .element = 4,
                                                  .thin = thin,
                                                  .full_trained = trained && !thin,
                                                  .asked = true,
                                                  .asked_fixed = trained});
          CAPTURE(vocabulary, tokens, thin, trained);
          REQUIRE(parts.tokens * parts.columns * 4 <= Index{32} << 20);
          if (before * row <= Index{32} << 20) {
            REQUIRE((parts.tokens == before && parts.columns == vocabulary));
            ++same;
          }
        }
      }
    }
  }
  CHECK(same > 1000);
}

TEST_CASE("a plan of the fused loss counts what it takes", "[autograd]") {
  for (const bool some_ignored : {false, true}) {
    for (const bool trained : {false, true}) {
      Head<float> head(130, 66'001, 66, 3, some_ignored);
      head.w.trainable = head.s.trainable = head.bias.trainable = trained;
      const auto bytes = [&](TapeMode mode) {
        Tape<float> tape(mode);
        tape.backward(head.fused(tape));
        return tape.bytes();
      };
      CHECK(bytes(TapeMode::planning) == bytes(TapeMode::training));
    }
  }
}

TEST_CASE("batches that differ in how many tokens count take the memory of one", "[autograd]") {
  const Index vocabulary = GENERATE(61, 66'001);
  Head<float> head(700, vocabulary, 5, 2, false);
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
  head.cap = -1.0;
  CHECK_THROWS_WITH(head.fused(tape), ContainsSubstring("positive number"));
}
