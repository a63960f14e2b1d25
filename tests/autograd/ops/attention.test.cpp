// SPDX-License-Identifier: MIT
/// @file
/// Causal attention, around the size of its row blocks.
#include <ampsft/autograd/ops/attention.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Shape {
  Index sequences;
  Index length;
  Index heads;
  Index head_width;

  [[nodiscard]] Index rows() const { return sequences * length; }
  [[nodiscard]] Index cols() const { return heads * head_width; }
};

template <class T>
Matrix<T> naive(const Matrix<T>& q, const Matrix<T>& k, const Matrix<T>& v, const Shape& shape) {
  Matrix<T> y = q;
  std::vector<double> p(static_cast<std::size_t>(shape.length));
  for (Index row = 0; row < shape.rows(); ++row) {
    const Index first = row / shape.length * shape.length;  // of the sequence
    for (Index head = 0; head < shape.heads; ++head) {
      double sum = 0.0;
      for (Index key = first; key <= row; ++key) {
        double score = 0.0;
        for (Index j = head * shape.head_width; j < (head + 1) * shape.head_width; ++j) {
          score += static_cast<double>(map(q)(row, j)) * static_cast<double>(map(k)(key, j));
        }
        p[static_cast<std::size_t>(key - first)] = std::exp(score / std::sqrt(static_cast<double>(shape.head_width)));
        sum += p[static_cast<std::size_t>(key - first)];
      }
      for (Index j = head * shape.head_width; j < (head + 1) * shape.head_width; ++j) {
        double mixed = 0.0;
        for (Index key = first; key <= row; ++key) {
          mixed += p[static_cast<std::size_t>(key - first)] / sum * static_cast<double>(map(v)(key, j));
        }
        map(y)(row, j) = static_cast<T>(mixed);
      }
    }
  }
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("attention equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const Shape& shape :
       {Shape{1, 1, 1, 1}, {1, 1, 2, 3}, {3, 5, 2, 4}, {2, 63, 1, 3}, {1, 64, 2, 2}, {2, 65, 3, 5}, {1, 130, 2, 4}}) {
    const Matrix<T> q = random_matrix<T>(shape.rows(), shape.cols(), 1);
    const Matrix<T> k = random_matrix<T>(shape.rows(), shape.cols(), 2);
    const Matrix<T> v = random_matrix<T>(shape.rows(), shape.cols(), 3);
    Tape<T> tape;
    const auto y = causal_attention(tape.constant(q), tape.constant(k), tape.constant(v), shape.sequences, shape.heads);
    INFO(shape.sequences << " x " << shape.length << ", " << shape.heads << " heads");
    CHECK(difference<T>(y.value(), naive<T>(q, k, v, shape)) < rounding<T>);
  }
}

TEST_CASE("attention has the gradients of finite differences", "[autograd]") {
  for (const Shape& shape : {Shape{1, 1, 1, 2}, {2, 5, 2, 3}, {1, 65, 1, 1}, {1, 66, 2, 1}}) {
    auto q = random_parameter<double>("q", shape.rows(), shape.cols(), 1);
    auto k = random_parameter<double>("k", shape.rows(), shape.cols(), 2);
    auto v = random_parameter<double>("v", shape.rows(), shape.cols(), 3);
    const auto loss = [&](auto& tape) {
      return probe(causal_attention(tape.leaf(q), tape.leaf(k), tape.leaf(v), shape.sequences, shape.heads));
    };
    require_right_gradients(loss, {&q, &k, &v});
  }
}

TEST_CASE("attention gives gradients to those inputs that want one", "[autograd]") {
  auto q = random_parameter<double>("q", 6, 4, 1);
  auto k = random_parameter<double>("k", 6, 4, 2);
  auto v = random_parameter<double>("v", 6, 4, 3);
  const auto loss = [&](auto& tape) { return probe(causal_attention(tape.leaf(q), tape.leaf(k), tape.leaf(v), 2, 2)); };
  for (unsigned chosen = 1; chosen < 8; ++chosen) {
    q.trainable = (chosen & 1U) != 0;
    k.trainable = (chosen & 2U) != 0;
    v.trainable = (chosen & 4U) != 0;
    require_right_gradients(loss, {&q, &k, &v});
    Tape<double> tape;
    tape.backward(loss(tape));
    for (auto* parameter : {&q, &k, &v}) {
      CHECK(parameter->has_gradient == parameter->trainable);
      parameter->clear_gradient();
    }
  }
}

TEST_CASE("attention may read one matrix three times", "[autograd]") {
  auto x = random_parameter<double>("x", 6, 4, 1);
  require_right_gradients(
      [&](auto& tape) { return probe(causal_attention(tape.leaf(x), tape.leaf(x), tape.leaf(x), 1, 2)); }, {&x});
}

TEST_CASE("a later token changes no earlier output, nor another sequence", "[autograd]") {
  const Shape shape{2, 70, 2, 3};
  Matrix<double> q = random_matrix<double>(shape.rows(), shape.cols(), 1);
  Matrix<double> k = random_matrix<double>(shape.rows(), shape.cols(), 2);
  Matrix<double> v = random_matrix<double>(shape.rows(), shape.cols(), 3);
  const auto run = [&] {
    Tape<double> tape(TapeMode::inference);
    return causal_attention(tape.constant(q), tape.constant(k), tape.constant(v), 2, 2).value();
  };
  const Matrix<double> before = run();
  const Index changed = 66;  // in the second row block of the first sequence
  for (auto* matrix : {&q, &k, &v}) {
    map(*matrix).row(changed).array() += 1.0;
  }
  const Matrix<double> after = run();
  CHECK(map(before).topRows(changed) == map(after).topRows(changed));
  CHECK(map(before).bottomRows(shape.length) == map(after).bottomRows(shape.length));
  for (Index row = changed; row < shape.length; ++row) {
    CHECK(map(before).row(row) != map(after).row(row));
  }
}

TEMPLATE_TEST_CASE("huge scores stay finite", "[autograd]", float, double) {
  using T = TestType;
  Parameter<T> q = random_parameter<T>("q", 5, 4, 1);
  map(q.value) *= T(1e4);
  const Matrix<T> v = random_matrix<T>(5, 4, 3);
  Tape<T> tape;
  const auto y = causal_attention(tape.leaf(q), tape.leaf(q), tape.constant(v), 1, 1);
  CHECK(y.map().allFinite());
  tape.backward(probe(y));
  CHECK(map(q.gradient).allFinite());
}

TEST_CASE("attention refuses shapes that do not fit", "[autograd]") {
  Tape<float> tape;
  const auto q = tape.constant(make_matrix<float>(6, 4, 0.0F));
  const auto other = tape.constant(make_matrix<float>(6, 2, 0.0F));
  CHECK_THROWS_WITH(causal_attention(q, other, q, 1, 1), ContainsSubstring("6 x 2"));
  CHECK_THROWS_WITH(causal_attention(q, q, other, 1, 1), ContainsSubstring("6 x 2"));
  CHECK_THROWS_WITH(causal_attention(q, q, q, 4, 1), ContainsSubstring("4 sequences"));
  CHECK_THROWS_WITH(causal_attention(q, q, q, 1, 3), ContainsSubstring("3 heads"));
  CHECK_THROWS_AS(causal_attention(q, q, q, 0, 1), Error);
  CHECK_THROWS_AS(causal_attention(q, q, q, 1, 0), Error);
}
