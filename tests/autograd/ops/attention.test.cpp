// SPDX-License-Identifier: MIT
/// @file
/// Causal attention, around the sizes of its blocks of 48 queries, tiles of 96 keys and panels of 64 columns.
#include <ampsft/autograd/ops/attention.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Shape {
  Index sequences;
  Index length;
  Index heads;
  Index width;  // of a head
  Index kv_heads = 0;
  Index earlier = 0;  // keys before the first query
  bool packed = false;
  Index window = 0;

  [[nodiscard]] Index rows() const { return sequences * length; }
  [[nodiscard]] Index cols() const { return heads * width; }
  [[nodiscard]] Index keys() const { return length + earlier; }
  [[nodiscard]] Index key_rows() const { return sequences * keys(); }
  [[nodiscard]] Index groups() const { return kv_heads == 0 ? heads : kv_heads; }

  /// Documents of odd lengths, padding between some of them, or none.
  [[nodiscard]] std::vector<std::int32_t> documents() const {
    std::vector<std::int32_t> ids;
    for (Index row = 0; packed && row < key_rows(); ++row) {
      const Index place = row % keys();
      ids.push_back(place % 29 == 28 ? -1 : static_cast<std::int32_t>(place / 29 + 3 * (row / keys())));
    }
    return ids;
  }
};

/// Every sum in double, one query after the other.
template <class T>
Matrix<T> naive(const Matrix<T>& q, const Matrix<T>& k, const Matrix<T>& v, const Shape& shape, double scale) {
  Matrix<T> y = q;
  const auto documents = shape.documents();
  const auto number = [](const Matrix<T>& matrix, Index row, Index col) {
    return static_cast<double>(map(matrix)(row, col));
  };
  for (Index row = 0; row < shape.rows(); ++row) {
    const Index first = row / shape.length * shape.keys();  // of the sequence's keys
    const Index own = first + shape.earlier + row % shape.length;
    for (Index head = 0; head < shape.heads; ++head) {
      const Index left = head * shape.width;
      const Index key_left = head / (shape.heads / shape.groups()) * shape.width;
      double sum = 0.0;
      std::vector<double> mixed(static_cast<std::size_t>(shape.width), 0.0);
      for (Index key = first; key <= own; ++key) {
        const auto document = [&](Index at) { return documents.empty() ? 0 : documents[static_cast<std::size_t>(at)]; };
        const bool near = shape.window == 0 || own - key < shape.window;
        if (!near || document(own) < 0 || document(key) != document(own)) {
          continue;
        }
        double score = 0.0;
        for (Index j = 0; j < shape.width; ++j) {
          score += number(q, row, left + j) * number(k, key, key_left + j);
        }
        sum += std::exp(scale * score);
        for (Index j = 0; j < shape.width; ++j) {
          mixed[static_cast<std::size_t>(j)] += std::exp(scale * score) * number(v, key, key_left + j);
        }
      }
      for (Index j = 0; j < shape.width; ++j) {
        map(y)(row, left + j) = static_cast<T>(sum > 0.0 ? mixed[static_cast<std::size_t>(j)] / sum : 0.0);
      }
    }
  }
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("attention equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const Shape& shape : {Shape{1, 1, 1, 1},
                             {1, 1, 2, 3},
                             {3, 5, 2, 4},
                             {2, 47, 1, 3},
                             {1, 48, 2, 2},
                             {2, 97, 3, 5},
                             {1, 130, 2, 4},
                             {2, 100, 6, 20, 2},
                             {1, 60, 4, 65, 1},
                             {1, 33, 2, 130},
                             {1, 20, 1, 256},
                             {2, 1, 4, 16, 2, 150},
                             {1, 50, 2, 7, 1, 61},
                             {2, 100, 2, 9, 0, 0, true},
                             {2, 31, 4, 8, 2, 90, true},
                             {1, 1, 1, 3, 0, 0, false, 1},
                             {2, 97, 2, 5, 0, 0, false, 1},
                             {2, 130, 2, 9, 1, 0, false, 17},
                             {1, 300, 1, 3, 0, 0, false, 100},
                             {1, 200, 2, 70, 1, 0, false, 96},
                             {2, 40, 2, 7, 0, 0, false, 39},
                             {2, 40, 2, 7, 0, 0, false, 40},
                             {2, 40, 2, 7, 0, 0, false, 1000},
                             {2, 5, 4, 16, 2, 150, false, 12},
                             {1, 120, 2, 7, 1, 61, false, 150},
                             {2, 100, 2, 9, 0, 0, true, 1},
                             {2, 100, 2, 9, 0, 0, true, 8},
                             {2, 100, 2, 9, 0, 0, true, 29},
                             {2, 31, 4, 8, 2, 90, true, 5}}) {
    const Matrix<T> q = random_matrix<T>(shape.rows(), shape.cols(), 1);
    const Matrix<T> k = random_matrix<T>(shape.key_rows(), shape.groups() * shape.width, 2);
    const Matrix<T> v = random_matrix<T>(shape.key_rows(), shape.groups() * shape.width, 3);
    const auto documents = shape.documents();
    for (const double factor : {1.0, 0.3}) {
      AttentionOptions options{.kv_heads = shape.kv_heads, .window = shape.window, .documents = documents};
      const double scale = factor / std::sqrt(static_cast<double>(shape.width));
      if (factor != 1.0) {
        options.scale = scale;
      }
      Tape<T> tape;
      const auto y =
          causal_attention(tape.constant(q), tape.constant(k), tape.constant(v), shape.sequences, shape.heads, options);
      INFO(shape.sequences << " x " << shape.length << ", " << shape.heads << " heads of " << shape.width << ", window "
                           << shape.window);
      CHECK(difference<T>(y.value(), naive<T>(q, k, v, shape, scale)) < rounding<T>);
    }
  }
}

TEST_CASE("attention has the gradients of finite differences", "[autograd]") {
  for (const Shape& shape : {Shape{1, 1, 1, 2},
                             {2, 5, 2, 3},
                             {1, 49, 1, 1},
                             {1, 98, 2, 1},
                             {2, 4, 4, 9, 2},
                             {1, 3, 2, 66, 1},
                             {1, 5, 2, 2, 1, 4},
                             {1, 35, 2, 2, 1, 0, true},
                             {2, 3, 1, 2, 0, 30, true},
                             {2, 9, 2, 3, 0, 0, false, 1},
                             {2, 9, 2, 3, 1, 0, false, 4},
                             {1, 110, 1, 1, 0, 0, false, 30},
                             {1, 5, 2, 2, 1, 4, false, 3},
                             {2, 9, 1, 3, 0, 0, false, 9},
                             {1, 35, 2, 2, 1, 0, true, 6},
                             {2, 3, 1, 2, 0, 30, true, 2}}) {
    auto q = random_parameter<double>("q", shape.rows(), shape.cols(), 1);
    auto k = random_parameter<double>("k", shape.key_rows(), shape.groups() * shape.width, 2);
    auto v = random_parameter<double>("v", shape.key_rows(), shape.groups() * shape.width, 3);
    const auto documents = shape.documents();
    const AttentionOptions options{.kv_heads = shape.kv_heads, .window = shape.window, .documents = documents};
    const auto loss = [&](auto& tape) {
      return probe(causal_attention(tape.leaf(q), tape.leaf(k), tape.leaf(v), shape.sequences, shape.heads, options));
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
  const Index changed = 66;  // in the second block of the first sequence
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

TEST_CASE("a window of one token gives its own value, and a token behind the window changes nothing", "[autograd]") {
  const Shape shape{2, 70, 2, 3};
  const Matrix<double> q = random_matrix<double>(shape.rows(), shape.cols(), 1);
  Matrix<double> k = random_matrix<double>(shape.rows(), shape.cols(), 2);
  const Matrix<double> v = random_matrix<double>(shape.rows(), shape.cols(), 3);
  const auto run = [&](Index window) {
    Tape<double> tape(TapeMode::inference);
    return causal_attention(tape.constant(q), tape.constant(k), tape.constant(v), 2, 2, {.window = window}).value();
  };
  CHECK(difference(run(1), v) < rounding<double>);
  const Matrix<double> before = run(20);
  const Index changed = 10;  // in the first sequence
  map(k).row(changed).array() += 1.0;
  const Matrix<double> after = run(20);
  for (Index row = 0; row < shape.rows(); ++row) {
    CHECK((map(before).row(row) != map(after).row(row)) == (row >= changed && row < changed + 20));
  }
}

TEST_CASE("a planning tape counts what attention saves, with and without a window", "[autograd]") {
  auto x = random_parameter<double>("x", 60, 4, 1);
  const std::vector<std::int32_t> documents(60, 0);
  Index plain = 0;
  for (const Index window : {0, 7, 30, 31}) {
    for (const bool packed : {false, true}) {
      const auto bytes = [&](TapeMode mode) {
        Tape<double> tape(mode);
        AttentionOptions options{.window = window};
        if (packed) {
          options.documents = documents;
        }
        tape.backward(probe(causal_attention(tape.leaf(x), tape.leaf(x), tape.leaf(x), 2, 2, options)));
        return tape.bytes();
      };
      plain = plain == 0 ? bytes(TapeMode::training) : plain;
      const bool saves = packed || window == 7;  // sequences of 30 tokens
      CHECK(bytes(TapeMode::training) == plain + (saves ? 60 * static_cast<Index>(sizeof(std::int32_t)) : 0));
      CHECK(bytes(TapeMode::planning) == bytes(TapeMode::training));
    }
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
  CHECK_THROWS_WITH(causal_attention(q, q, q, 1, 4, {.kv_heads = 3}), ContainsSubstring("3 heads of keys"));
  const auto few = tape.constant(make_matrix<float>(5, 4, 0.0F));
  CHECK_THROWS_WITH(causal_attention(q, few, few, 1, 1), ContainsSubstring("5 keys for 6 queries"));
  const std::vector<std::int32_t> documents{0, 0, 1, -1, 0, 0};
  CHECK_THROWS_WITH(causal_attention(q, q, q, 1, 1, {.documents = documents}), ContainsSubstring("document 0"));
  CHECK_THROWS_WITH(causal_attention(q, q, q, 1, 1, {.documents = std::span(documents).first(2)}),
                    ContainsSubstring("2 documents for 6 keys"));
  CHECK_NOTHROW(causal_attention(q, q, q, 2, 1, {.documents = documents}));  // another sequence
  CHECK_THROWS_WITH(causal_attention(q, q, q, 1, 1, {.window = -1}), ContainsSubstring("not -1"));
  CHECK_THROWS_AS(causal_attention(q, q, q, 0, 1), Error);
  CHECK_THROWS_AS(causal_attention(q, q, q, 1, 0), Error);
}
