// SPDX-License-Identifier: MIT
/// @file
/// Products of two matrices against a naive twin in double, over random shapes, places, transpositions and levels.
#include <ampsft/simd/gemm.hpp>

#include "simd/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// A factor that lies as it is, or transposed.
template <class S>
class Side {
 public:
  Side(Index rows, Index cols, Random& random)
      : transposed_(random.below(2) == 0), matrix_(transposed_ ? cols : rows, transposed_ ? rows : cols, random) {}

  [[nodiscard]] double operator()(Index i, Index j) const { return transposed_ ? matrix_(j, i) : matrix_(i, j); }
  [[nodiscard]] Factor<S> factor() {
    return transposed_ ? Factor<S>::transposed(matrix_.view()) : Factor<S>::plain(matrix_.view());
  }
  [[nodiscard]] Placed<S>& matrix() { return matrix_; }
  [[nodiscard]] const char* name() const { return transposed_ ? " transposed" : " plain"; }

 private:
  bool transposed_;
  Placed<S> matrix_;
};

}  // namespace

TEMPLATE_TEST_CASE("gemm equals its naive twin at any shape, place, transposition and level", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using S = typename TestType::W;
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [m, k, n] = shape;
    const WriteMode mode = random.below(2) == 0 ? WriteMode::overwrite : WriteMode::add;
    const T scale = random.below(2) == 0 ? T{1} : T{-0.75};
    const bool with_bias = random.below(2) == 0;
    Side<T> a(m, k, random);
    Side<S> b(k, n, random);
    Placed<T> bias(with_bias ? 1 : 0, n, random);
    Placed<T> c(m, n, random);
    switch (round % 8) {
      case 0:
        poison(a.matrix(), random);
        break;
      case 1:
        poison(b.matrix(), random);
        break;
      case 2:
        poison(c, random);
        break;
      default:
        break;
    }
    const Reference expected = reference<T>(m, n, k + 2, [&](Index i, Index j, Sum& sum) {
      if (mode == WriteMode::add) {
        sum += c(i, j);
      }
      if (with_bias) {
        sum += bias(0, j);
      }
      for (Index l = 0; l < k; ++l) {
        sum += a(i, l) * (static_cast<double>(scale) * b(l, j));
      }
    });
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      c.restore();
      gemm<T, S>(a.factor(), b.factor(), c.view(), mode, scale, bias.view());
      check_result(c, expected, shape, a.name(), b.name(), mode == WriteMode::add ? ", added" : "");
    }
  }
}

TEMPLATE_TEST_CASE("gemm packs factors of any size, in parts", "", float, double) {
  using T = TestType;
  Random random(2);
  const Index m = 3;
  const Index k = 3001;  // several parts of the depth
  const Index n = 401;   // more than is packed at once
  Placed<T> a(m, k, random);
  Placed<T> b(n, k, random);
  Placed<T> c(m, n, random);
  const Reference expected = reference<T>(m, n, k, [&](Index i, Index j, Sum& sum) {
    for (Index l = 0; l < k; ++l) {
      sum += a(i, l) * b(j, l);
    }
  });
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    c.restore();
    gemm<T>(Factor<T>::plain(a.view()), Factor<T>::transposed(b.view()), c.view());
    check_result(c, expected, {m, n, k});
  }
}

TEST_CASE("the thread count changes no bit of a product") {
  Random random(3);
  for (const auto& [m, n, k] : {Shape{500, 130, 150}, Shape{5, 4000, 300}, Shape{40, 33, 5000}}) {
    Placed<float> a(k, m, random);
    Placed<float> b(n, k, random);
    EigenMatrix<float> one(m, n);
    EigenMatrix<float> more(m, n);
    const auto multiply = [&](int threads, EigenMatrix<float>& c) {
      const UseThreads use(threads);
      gemm<float>(Factor<float>::transposed(a.view()), Factor<float>::transposed(b.view()), c);
    };
    multiply(1, one);
    for (const int threads : {2, 3, 7}) {
      multiply(threads, more);
      CHECK(one == more);
    }
  }
}

TEST_CASE("gemm without depth leaves the bias, or what was there") {
  const EigenMatrix<float> nothing(2, 0);
  const EigenMatrix<float> bias = EigenMatrix<float>::Constant(1, 3, 5.0F);
  EigenMatrix<float> c = EigenMatrix<float>::Constant(2, 3, 1.0F);
  const auto a = Factor<float>::plain(nothing);
  const auto b = Factor<float>::plain(EigenMatrix<float>(0, 3));
  gemm<float>(a, b, c, WriteMode::add, 1.0F, bias);
  CHECK((c.array() == 6.0F).all());
  gemm<float>(a, b, c, WriteMode::overwrite, 1.0F, bias);
  CHECK((c.array() == 5.0F).all());
  gemm<float>(a, b, c);
  CHECK((c.array() == 0.0F).all());
}

TEST_CASE("gemm refuses factors that do not fit") {
  const EigenMatrix<float> a(2, 3);
  const EigenMatrix<float> b(4, 3);
  EigenMatrix<float> c(2, 4);
  CHECK_NOTHROW(gemm<float>(Factor<float>::plain(a), Factor<float>::transposed(b), c));
  CHECK_THROWS_AS(gemm<float>(Factor<float>::plain(a), Factor<float>::plain(b), c), Error);
  CHECK_THROWS_AS(gemm<float>(Factor<float>::transposed(a), Factor<float>::transposed(b), c), Error);
  CHECK_THROWS_AS(gemm<float>(Factor<float>::plain(a), Factor<float>::transposed(b), c, WriteMode::overwrite, 1.0F,
                              EigenMatrix<float>::Zero(1, 3)),
                  Error);
}

TEMPLATE_TEST_CASE("gemm in bfloat16 multiplies rounded factors", "", float, BFloat16) {
  using S = TestType;
  Random random(4);
  const auto rounded = [](double value) {
    return static_cast<double>(bf16_to_float(float_to_bf16(static_cast<float>(value))));
  };
  for (int round = 0; round < 300; ++round) {
    const auto [m, k, n] = draw_shape(random);
    Side<float> a(m, k, random);
    Side<S> b(k, n, random);
    Placed<float> c(m, n, random);
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      const bool pairs = level == simd::Level::avx512 && simd::detail::converts_bf16();
      const Reference expected = reference<float>(m, n, k + 2, [&](Index i, Index j, Sum& sum) {
        sum += c(i, j);
        for (Index l = 0; l < k; ++l) {
          sum += pairs ? rounded(a(i, l)) * rounded(b(l, j)) : a(i, l) * b(l, j);
        }
      });
      c.restore();
      gemm<float, S>(a.factor(), b.factor(), c.view(), WriteMode::add, 1.0F, ConstMatrixMap<float>(nullptr, 0, 0),
                     Arithmetic::bf16);
      check_result(c, expected, {m, n, k}, a.name(), b.name());
    }
  }
}
